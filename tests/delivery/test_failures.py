from __future__ import annotations

import errno
import ssl

import pytest
import requests
from urllib3.exceptions import MaxRetryError, ProtocolError

from cashnotifyd.delivery.desktop import DesktopUnavailable
from cashnotifyd.delivery.failures import describe, may_have_arrived


def untrusted() -> requests.exceptions.SSLError:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inner.verify_message = "self-signed certificate"
    return requests.exceptions.SSLError(MaxRetryError(None, "/bot123:token", inner))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "doubtful", "words"),
    [
        (requests.ConnectTimeout("u"), False, "no connection in time"),
        (requests.ReadTimeout("u"), True, "no answer in time"),
        (untrusted(), False, "the server's certificate cannot be trusted: self-signed certificate"),
        (requests.ConnectionError(ProtocolError("x", ConnectionResetError())), True, "the connection was lost"),
        (requests.exceptions.ChunkedEncodingError("u"), True, "ChunkedEncodingError"),
        (requests.exceptions.ProxyError("u"), False, "the proxy cannot be reached"),
        (requests.exceptions.InvalidURL("u"), False, "InvalidURL"),
        (OSError(errno.EHOSTUNREACH, "secret"), False, "No route to host"),
        (OSError(errno.EPIPE, "secret"), True, "the connection was lost before an answer"),
        (TimeoutError(), True, "no answer in time"),
        (DesktopUnavailable("no session bus"), False, "no session bus"),
        (KeyError("secret"), True, "KeyError"),
    ],
)
def test_an_error_says_whether_the_message_may_have_arrived(
    error: Exception,
    doubtful: bool,  # noqa: FBT001 (a column of the table)
    words: str,
) -> None:
    assert may_have_arrived(error) is doubtful
    assert describe(error).startswith(words)
    assert "secret" not in describe(error)
