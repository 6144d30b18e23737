"""A message as the HTML part of a mail: a headline, its particulars line by line, one button.

::

    icon  Headline
    ─────────────────
    picture, if any
    particular
    particular
    account · mode · time
    [ Stripe Dashboard ]
    ─────────────────
    cashnotifyd

Every text goes through :func:`html.escape`. Nothing is loaded from elsewhere: images travel with the mail. Programs
that read mail know little CSS, so each element carries its own, and tables hold what must be centred or side by side in
Outlook. One style sheet beside them says what no element can: the dark colours. There are no words but the message's
and two names, because a message comes in any language and does not say in which.
"""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from cashnotifyd.delivery.apprise_door.texts import LINK_TITLE
from cashnotifyd.vocabulary import Message, Urgency

_FONT: Final = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_EDGES: Final = {
    Urgency.EMERGENCY: "#c62828",
    Urgency.HIGH: "#d9822b",
    Urgency.NORMAL: "#4a6fa5",
    Urgency.LOW: "#b8c1cc",
}
_SHEET: Final = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
a[x-apple-data-detectors]{color:inherit!important;text-decoration:none!important}
@media (max-width:480px){.around{padding:12px 8px!important}
.within{padding-left:20px!important;padding-right:20px!important}}
@media (prefers-color-scheme:dark){
.around{background-color:#101317!important}
.card{background-color:#1a1f26!important;border-color:#2c333c!important}
.words{color:#e8ecf1!important}
.quiet{color:#9ba6b3!important}
.rule{border-color:#2c333c!important}
.button{background-color:#e8ecf1!important;color:#101317!important}
}
""".strip()
_LONGEST_PREVIEW: Final = 180
"""More than any list of mails shows."""


def mail_page(message: Message, *, icon: str | None = None, picture: str | None = None) -> str:
    """The whole HTML document; ``icon`` and ``picture`` are the content ids of images that travel with it."""
    lines = message.body.splitlines()
    edge = _EDGES[message.urgency]
    return f"""<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>{escape(message.title)}</title>
<style>
{_SHEET}
</style>
</head>
<body style="margin:0;padding:0">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{_preview(lines)}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td class="around" align="center" style="padding:32px 12px;background-color:#f3f4f6">
<table role="presentation" class="card" width="560" cellpadding="0" cellspacing="0" border="0" \
style="width:100%;max-width:560px;background-color:#ffffff;border:1px solid #e2e5ea;\
border-collapse:separate;border-radius:10px;overflow:hidden">
<tr><td height="4" style="height:4px;line-height:4px;font-size:0;background-color:{edge}">&nbsp;</td></tr>
<tr><td class="within" style="padding:24px 28px 20px;{_FONT}">
{_headline(message.title, icon)}
</td></tr>
<tr><td class="within" style="padding:0 28px 28px;{_FONT}">
{_pictured(message.title, picture)}{_particulars(lines)}{_button(message.link)}
</td></tr>
</table>
<div class="quiet" style="padding:16px 0 0;{_FONT};font-size:12px;line-height:18px;color:#5b6572">cashnotifyd</div>
</td>
</tr></table>
</body>
</html>
"""


def _preview(lines: list[str]) -> str:
    """What a list of mails shows beside the subject, which would otherwise be the headline again."""
    return escape(" · ".join(line for line in lines if line.strip())[:_LONGEST_PREVIEW])


def _headline(title: str, icon: str | None) -> str:
    shown = (
        f'<h1 class="words" dir="auto" style="margin:0;{_FONT};font-size:20px;line-height:27px;font-weight:600;'
        f'color:#1a1f26;overflow-wrap:anywhere">{escape(title)}</h1>'
    )
    if icon is None:
        return shown
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>'
        '<td valign="top" style="padding-right:14px">'
        f'<img src="cid:{icon}" width="40" height="40" alt="" style="display:block;border-radius:8px"></td>'
        f'<td valign="middle">{shown}</td></tr></table>'
    )


def _pictured(title: str, picture: str | None) -> str:
    if picture is None:
        return ""
    return (
        f'<img src="cid:{picture}" width="504" alt="{escape(title)}" '
        'style="display:block;width:100%;height:auto;margin:0 0 16px;border-radius:6px">\n'
    )


def _particulars(lines: list[str]) -> str:
    # The last line of most messages says which account and when: needed rarely, and much the same each time.
    told, signed = (lines[:-1], lines[-1:]) if lines and " · " in lines[-1] else (lines, [])
    return "\n".join(
        [
            *(_line(line, "words", "font-size:15px;line-height:24px;padding:2px 0;color:#1a1f26") for line in told),
            *(_line(line, "quiet", "font-size:13px;line-height:20px;padding-top:8px;color:#5b6572") for line in signed),
        ]
    )


def _line(line: str, role: str, looks: str) -> str:
    if not line.strip():
        return '<div style="height:16px;line-height:16px;font-size:0">&nbsp;</div>'
    # Each line decides on its own direction, so that none turns the others around.
    style = f"{looks};white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<div class="{role}" dir="auto" style="{style}">{escape(line)}</div>'


def _button(link: str | None) -> str:
    if link is None or urlsplit(link).scheme not in ("https", "http"):
        return ""
    return (
        f'\n<div style="padding-top:22px"><a class="button" href="{escape(link)}" rel="noreferrer" '
        f'style="display:inline-block;padding:11px 20px;{_FONT};font-size:15px;line-height:20px;font-weight:600;'
        f'color:#ffffff;background-color:#1a1f26;border-radius:8px;text-decoration:none">{LINK_TITLE}</a></div>'
    )
