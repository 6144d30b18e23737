"""What the error of a failed attempt says: whether the message may have arrived all the same, and why it failed.

The codes of mail servers are RFC 5321's (section 4.2); what stands in their texts as 4.7.28 is RFC 3463's.
"""

from __future__ import annotations

import errno
import os
import re
import smtplib
import socket
import ssl
import traceback
from collections.abc import Iterator, Sequence
from typing import Final

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from cashnotifyd.delivery.desktop import DesktopUnavailable
from cashnotifyd.delivery.outcome import NotSent, Refused, Throttled, Unconfirmed

_NOTHING_LEFT: Final = (
    DesktopUnavailable,
    # Answers that say no.
    smtplib.SMTPResponseException,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPNotSupportedError,
    requests.TooManyRedirects,
    # No connection that could carry a request.
    requests.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)
_UNREACHABLE: Final = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN})
_ROOTS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (NameResolutionError, "the host name cannot be resolved"),
    (socket.gaierror, "the host name cannot be resolved"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectTimeoutError, "no connection in time"),
)
_SURFACES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (requests.ConnectTimeout, "no connection in time"),
    (requests.Timeout, "no answer in time"),
    (TimeoutError, "no answer in time"),
    (ssl.SSLError, "no TLS connection"),
    (requests.exceptions.SSLError, "no TLS connection"),
    (requests.exceptions.ProxyError, "the proxy cannot be reached"),
    (requests.ConnectionError, "the connection was lost before an answer"),
    (ConnectionError, "the connection was lost before an answer"),
)

_NO_ADDRESS: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    smtplib.SMTPNotSupportedError,
)
"""What no request will ever go out for."""
_ASKING_FOR_LESS: Final = frozenset({421, 450, 451, 452})
_LESS: Final = re.compile(
    r"\brate\b|too (?:many|much|fast|quickly)|throttl|slow down|exceed|limit|4\.7\.28", re.IGNORECASE
)
"""Mail servers have no code for too many mails. Among what else they answer so is greylisting, which passes sooner."""


def outcome_of(errors: Sequence[BaseException], reason: str) -> NotSent | Unconfirmed | Refused | Throttled:
    """What became of an attempt that ended in these errors, the last one last."""
    if any(may_have_arrived(error) for error in errors):
        return Unconfirmed(reason)
    return _refusal(errors[-1], reason)


def is_of_transport(error: BaseException) -> bool:
    """Whether the error is the network's. Others come from reading an answer, which says more by its status."""
    return isinstance(error, OSError) and not isinstance(error, requests.exceptions.InvalidJSONError)


def may_have_arrived(error: BaseException) -> bool:
    """Whether the message may be with the service although the attempt ended in this error. In doubt it may."""
    if isinstance(error, _NOTHING_LEFT):
        return False
    places = [(frame.f_code.co_filename, frame.f_code.co_name) for frame, _ in traceback.walk_tb(error.__traceback__)]
    if any(file == smtplib.__file__ for file, _ in places):
        return (smtplib.__file__, "data") in places  # before DATA nothing of the mail has left
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return False
    unconnected = (NewConnectionError, ConnectTimeoutError, socket.gaierror)
    return not any(isinstance(one, unconnected) for one in _layers(error))


def describe(error: BaseException) -> str:
    """The failure in a few words of our own: the libraries' texts name URLs and addresses."""
    if isinstance(error, smtplib.SMTPException):
        return _describe_mail(error)
    if isinstance(error, DesktopUnavailable):
        return str(error)
    layers = list(_layers(error))
    for one in layers:
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"the server's certificate cannot be trusted: {one.verify_message}"
    roots = (words for one in reversed(layers) for kind, words in _ROOTS if isinstance(one, kind))
    surfaces = (words for kind, words in _SURFACES if isinstance(error, kind))
    strange = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
    return next(roots, None) or next(surfaces, strange)


def _refusal(error: BaseException, reason: str) -> NotSent | Refused | Throttled:
    if isinstance(error, _NO_ADDRESS):
        return Refused(reason, "channel")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())  # one: a target is one recipient
    elif isinstance(error, smtplib.SMTPResponseException):
        answers = [(error.smtp_code, error.smtp_error)]  # type: ignore[list-item]  # (typeshed: bytes or str)
    else:
        return NotSent(reason)
    if all(code >= 500 for code, _ in answers):  # noqa: PLR2004 (SMTP's own line)
        # After DATA a server speaks of what it has read, before it of who sends to whom.
        return Refused(reason, "message" if isinstance(error, smtplib.SMTPDataError) else "channel")
    if any(code in _ASKING_FOR_LESS and _LESS.search(_decoded(text)) for code, text in answers):
        return Throttled(reason, None)
    return NotSent(reason)


def _describe_mail(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server refused the user name or password ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = ", ".join(f"{code} {_decoded(text)}" for code, text in error.recipients.values())
        return f"the mail server refused the recipient ({answers})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code} {_decoded(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the mail server went silent or closed the connection"
    return f"the mail server does not offer what the URL asks for ({type(error).__name__})"


def _layers(error: BaseException) -> Iterator[BaseException]:
    """The error and those inside it: requests wraps urllib3's, which wraps the socket's."""
    waiting: list[object] = [error]
    met: list[BaseException] = []
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in met:
            met.append(one)
            yield one
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__]


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
