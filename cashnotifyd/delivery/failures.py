"""What the error of a failed attempt says: whether the message may have arrived all the same, and why it failed."""

from __future__ import annotations

import errno
import os
import smtplib
import socket
import ssl
import traceback
from collections.abc import Iterator
from typing import Final

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from cashnotifyd.delivery.desktop import DesktopUnavailable

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
