"""Mail as a service of Apprise that says a message twice, in text and as a page, and how urgent it is.

::

    Apprise writes the mail in text, with every header ─▶ headers folded ─▶ beside the text, a page ─▶ Apprise's SMTP

Apprise by itself sends either text, or HTML with a text that it makes from that HTML; and it folds no header, so that a
title becomes one encoded word of any length.
"""

from __future__ import annotations

import email
import hashlib
import re
from dataclasses import dataclass
from email import policy
from email.header import Header, decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, Self

from apprise import NotifyFormat, NotifyType
from apprise.plugins.email.base import NotifyEmail, PGPMode
from apprise.plugins.email.smtp import AppriseSMTPController

from cashnotifyd.config.images import image_format
from cashnotifyd.delivery.apprise_door.mail_page import mail_page
from cashnotifyd.vocabulary import Message, Urgency

_AS_WRITTEN: Final = policy.SMTP.clone(cte_type="7bit", refold_source="none")
"""ASCII alone, because Apprise hands a text to smtplib; and headers as they are folded here: this policy's own folding
makes encoded words of 77 characters, and reads what looks like one in a title (CPython 3.11)."""
_LINE: Final = 76
"""Characters of a line that holds an encoded word, at most (RFC 2047, section 2)."""
_IMPORTANCES: Final = {
    Urgency.EMERGENCY: {"Importance": "high", "X-Priority": "1", "Priority": "urgent"},
    Urgency.HIGH: {"Importance": "high", "X-Priority": "1", "Priority": "urgent"},
    Urgency.NORMAL: {},
    Urgency.LOW: {"Importance": "low", "X-Priority": "5", "Priority": "non-urgent"},
}
"""What Outlook, Thunderbird and RFC 2156 call it."""
_OF_IMPORTANCE: Final = frozenset({"importance", "priority", "x-msmail-priority", "x-priority"})
_SUBTYPES: Final = {"png": "png", "jpg": "jpeg", "gif": "gif"}
"""Formats that programs for mail show; an ico they would offer as a file."""
_LARGEST_ICON: Final = 128 * 1024
"""Bytes. Every mail carries it."""


@dataclass(frozen=True, slots=True)
class _Image:
    """An image that travels with a mail; ``cid`` names it there."""

    data: bytes
    subtype: str

    @property
    def cid(self) -> str:
        return f"{hashlib.sha256(self.data).hexdigest()[:20]}@cashnotifyd"

    @classmethod
    def read(cls, path: str | None, largest: int | None = None) -> Self | None:
        """None where there is none to show: a mail without its image still says everything."""
        if path is None:
            return None
        try:
            data = Path(path).read_bytes()
        except OSError:
            return None
        subtype = _SUBTYPES.get(image_format(data) or "")
        return None if subtype is None or len(data) > (largest or len(data)) else cls(data, subtype)


class MailNotice(NotifyEmail):
    """Apprise's mail with a text part, an HTML part and importance. The URL decides first: ``format=text``, ``pgp=``.

    Both of these send the text alone; PGP as Apprise writes it, which signs and encrypts nothing else.
    """

    def __init__(
        self,
        message: Message | None = None,
        **kwargs: Any,  # noqa: ANN401 (whatever a URL says)
    ) -> None:
        super().__init__(**kwargs)
        self._message = message

    def send(
        self,
        body: str,
        title: str = "",
        notify_type: NotifyType = NotifyType.INFO,
        attach: object = None,
        body_format: NotifyFormat | None = None,
        **_: object,
    ) -> bool:
        """Sends one mail to the one recipient. Raises what smtplib raises of connecting, TLS and login."""
        message = self._message
        if message is None or self.pgp_mode != PGPMode.NONE:
            return bool(super().send(body, title, notify_type, attach, body_format))
        text = f"{message.body}\n\n{message.link}" if message.link else message.body
        (written,) = NotifyEmail.prepare_emails(
            subject=title,
            body=text,
            notify_format=NotifyFormat.TEXT,
            from_addr=self.from_addr,
            to=self.targets,
            reply_to=self.reply_to,
            smtp_host=self.smtp_host,
            headers={"X-Application": self.app_id, **self.headers, **self._protocol_headers(body)},
            names=self.names,
            tzinfo=self.tzinfo,
        )
        mail = email.message_from_string(_folded(written.body, title), EmailMessage, policy=_AS_WRITTEN)
        mail.set_content(text)
        if self.resolve_format(NotifyFormat.HTML) is NotifyFormat.HTML:
            _add_page(mail, message)
        with AppriseSMTPController(
            host=self.smtp_host,
            port=self.port,  # type: ignore[arg-type]  # (both are set since __init__, which Apprise leaves untold)
            secure_mode=self.secure_mode,  # type: ignore[arg-type]
            user=self.user,
            password=self.password,
            verify_certificate=self.verify_certificate,
            socket_connect_timeout=self.socket_connect_timeout,
        ) as smtp:
            return bool(smtp.sendmail(str(self.from_addr[1]), written.to_addrs, mail.as_string()))

    def _protocol_headers(self, body: str) -> dict[str, str]:
        """The headers that this service adds, but for those that the URL sets; Apprise's hook for subclasses."""
        del body
        of_url = {name.strip().lower() for name in self.headers}
        added = {} if "auto-submitted" in of_url else {"Auto-Submitted": "auto-generated"}
        if self._message is not None and not of_url & _OF_IMPORTANCE:
            added.update(_IMPORTANCES[self._message.urgency])
        return added


def _folded(written: str, title: str) -> str:
    """The mail that Apprise wrote, its headers in lines and encoded words no longer than RFC 2047 allows."""
    mail = email.message_from_string(written)
    for name, value in mail.items():
        if "=?" in value:
            header = make_header(decode_header(value), maxlinelen=_LINE, header_name=name)
            mail.replace_header(name, header.encode())
    mail.replace_header("Subject", _subject(title))
    return mail.as_string(maxheaderlen=_LINE)


def _subject(title: str) -> str:
    """A title without its line breaks, as it is where it is short and ASCII that nobody takes for an encoded word."""
    name, title = "Subject", re.sub(r"[\r\n]+", " ", title)
    fits = title.isascii() and title.isprintable() and "=?" not in title and len(f"{name}: {title}") <= _LINE
    return title if fits else Header(title, "utf-8", maxlinelen=_LINE, header_name=name).encode()


def _add_page(mail: EmailMessage, message: Message) -> None:
    """Puts the page with its images beside the mail's text."""
    icon = _Image.read(message.icon.file if message.icon else None, _LARGEST_ICON)
    picture = _Image.read(message.picture)
    page = mail_page(message, icon=icon.cid if icon else None, picture=picture.cid if picture else None)
    mail.add_alternative(page, subtype="html")
    shown = mail.get_body(("html",))
    assert isinstance(shown, EmailMessage)
    for image in filter(None, (icon, picture)):
        shown.add_related(image.data, "image", image.subtype, cid=f"<{image.cid}>", disposition="inline")
