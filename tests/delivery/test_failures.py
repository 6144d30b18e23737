from __future__ import annotations

import errno
import smtplib
import ssl

import pytest
import requests
from urllib3.exceptions import MaxRetryError, ProtocolError

from cashnotifyd.delivery.desktop import DesktopUnavailable
from cashnotifyd.delivery.failures import describe, may_have_arrived, outcome_of
from cashnotifyd.delivery.outcome import NotSent, Outcome, Refused, Throttled, Unconfirmed


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


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 bad credentials"), Refused("why", "channel")),
        (smtplib.SMTPAuthenticationError(454, b"4.7.0 temporary failure"), NotSent("why")),
        (smtplib.SMTPSenderRefused(550, b"5.7.1 not yours", "a@example.org"), Refused("why", "channel")),
        (smtplib.SMTPRecipientsRefused({"b@example.org": (550, b"no mailbox")}), Refused("why", "channel")),
        (
            smtplib.SMTPRecipientsRefused({"b@example.org": (450, b"4.2.1 receiving too quickly")}),
            Throttled("why", None),
        ),
        (smtplib.SMTPRecipientsRefused({"b@example.org": (451, b"4.7.1 greylisted")}), NotSent("why")),
        (smtplib.SMTPRecipientsRefused({"b@example.org": (452, b"4.2.2 mailbox full")}), NotSent("why")),
        (smtplib.SMTPDataError(554, b"5.7.1 spam"), Refused("why", "message")),
        (smtplib.SMTPDataError(421, b"4.7.28 unusual rate of mail"), Throttled("why", None)),
        (smtplib.SMTPConnectError(421, b"Too many concurrent connections"), Throttled("why", None)),
        (smtplib.SMTPConnectError(421, b"closing"), NotSent("why")),
        (smtplib.SMTPNotSupportedError("STARTTLS"), Refused("why", "channel")),
        (smtplib.SMTPServerDisconnected("gone"), Unconfirmed("why")),
        (requests.exceptions.InvalidURL("u"), Refused("why", "channel")),
        (requests.ConnectTimeout("u"), NotSent("why")),
        (requests.ReadTimeout("u"), Unconfirmed("why")),
        (untrusted(), NotSent("why")),
        (DesktopUnavailable("no session bus"), NotSent("why")),
    ],
)
def test_an_error_says_whom_it_refuses(error: Exception, outcome: Outcome) -> None:
    assert outcome_of([error], "why") == outcome


def test_in_doubt_about_one_of_two_errors_the_message_may_have_arrived() -> None:
    assert outcome_of([requests.ReadTimeout("u"), requests.ConnectTimeout("u")], "why") == Unconfirmed("why")
