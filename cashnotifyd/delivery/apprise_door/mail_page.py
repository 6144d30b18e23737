"""A message as the HTML part of a mail: a headline, its particulars line by line, one button.

::

    ▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔   how urgent it is, as a colour
    icon  Account
          Headline
    picture, if there is one
    particular
    particular
    [Stripe Dashboard]
    ─────────────────────
    account · mode · time
           cashnotifyd

Every text goes through :func:`html.escape`. Nothing is loaded from elsewhere, not even an icon that has a public link:
most programs that read mail block such images, and where they do not, the link tells its host who reads, where and
when. Images travel with the mail instead. These programs know little CSS, so each element carries its own, and tables
hold what must be centred or side by side in Outlook; one style sheet says what no element can, the dark colours. There
are no words but the message's and two names, because a message comes in any language and does not say in which.
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
.page{background-color:#101317!important}
.card{background-color:#1a1f26!important;border-color:#2c333c!important}
.words{color:#e8ecf1!important}
.quiet{color:#9ba6b3!important}
.rule{border-color:#2c333c!important}
.button{background-color:#e8ecf1!important;color:#101317!important}
}
""".strip()
_LONGEST_PREVIEW: Final = 180
"""More than any list of mails shows."""
_APART: Final = " · "
"""Between account, mode and time in a message's last line, and before the account in its title."""


def mail_page(message: Message, *, icon: str | None = None, picture: str | None = None) -> str:
    """The whole HTML document; ``icon`` and ``picture`` are the content ids of images that travel with it."""
    lines = message.body.splitlines()
    # The last line of most messages says which account and when: needed rarely, and much the same each time.
    signature = lines.pop() if lines and _APART in lines[-1] else ""
    while lines and not lines[-1].strip():
        lines.pop()
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
<body class="page" style="margin:0;padding:0;background-color:#f3f4f6">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{_preview(lines)}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td class="page around" align="center" style="padding:32px 12px;background-color:#f3f4f6">
<table role="presentation" class="card" width="560" cellpadding="0" cellspacing="0" border="0" \
style="width:100%;max-width:560px;background-color:#ffffff;border:1px solid #e2e5ea;\
border-collapse:separate;border-radius:10px;overflow:hidden;text-align:left">
<tr><td height="4" style="height:4px;line-height:4px;font-size:0;background-color:{edge}">&nbsp;</td></tr>
<tr><td class="within" style="padding:24px 28px 28px;{_FONT}">
{_heading(message.title, signature, icon)}
{_pictured(message.title, picture)}{_particulars(lines)}{_button(message.link)}
</td></tr>{_signed(signature)}
</table>
<div class="quiet" style="padding:16px 0 0;{_FONT};font-size:12px;line-height:18px;color:#5b6572">cashnotifyd</div>
</td>
</tr></table>
</body>
</html>
"""


def _preview(lines: list[str]) -> str:
    """What a list of mails shows beside the subject, which would otherwise be the headline again."""
    return escape(_APART.join(line for line in lines if line.strip())[:_LONGEST_PREVIEW])


def _heading(title: str, signature: str, icon: str | None) -> str:
    headline, _, account = title.rpartition(_APART)
    if not headline or not signature.startswith(account + _APART):
        headline, account = title, ""
    shown = _line(account, "quiet", f"{_FONT};font-size:13px;line-height:18px;color:#5b6572") if account else ""
    shown += (
        f'<h1 class="words" dir="auto" style="margin:0;{_FONT};font-size:21px;line-height:28px;font-weight:600;'
        f'color:#1a1f26;text-align:left;overflow-wrap:anywhere">{escape(headline)}</h1>'
    )
    if icon is None:
        return shown
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>'
        '<td valign="top" style="padding:2px 14px 0 0">'
        f'<img src="cid:{icon}" width="44" height="44" alt="" style="display:block;border-radius:8px"></td>'
        f'<td valign="middle">{shown}</td></tr></table>'
    )


def _pictured(title: str, picture: str | None) -> str:
    if picture is None:
        return ""
    return (
        f'<img src="cid:{picture}" width="504" alt="{escape(title)}" '
        'style="display:block;width:100%;height:auto;margin:18px 0 0;border-radius:6px">\n'
    )


def _particulars(lines: list[str]) -> str:
    if not lines:
        return ""
    looks = "font-size:15px;line-height:22px;padding:3px 0;color:#1a1f26"
    shown = "\n".join(_line(line, "words", looks) for line in lines)
    return f'<div style="padding-top:15px">\n{shown}\n</div>'


def _line(line: str, role: str, looks: str) -> str:
    if not line.strip():
        return '<div style="height:14px;line-height:14px;font-size:0">&nbsp;</div>'
    # Each line decides on its own direction, so that none turns the others around; all begin at one edge.
    style = f"{looks};text-align:left;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<div class="{role}" dir="auto" style="{style}">{escape(line)}</div>'


def _signed(signature: str) -> str:
    if not signature:
        return ""
    return (
        '\n<tr><td class="within rule" style="padding:14px 28px 16px;border-top:1px solid #e2e5ea">'
        f"{_line(signature, 'quiet', f'{_FONT};font-size:13px;line-height:19px;color:#5b6572')}</td></tr>"
    )


def _button(link: str | None) -> str:
    if link is None or urlsplit(link).scheme not in ("https", "http"):
        return ""
    return (
        f'\n<div style="padding-top:18px"><a class="button" href="{escape(link)}" rel="noreferrer" '
        f'style="display:inline-block;padding:11px 20px;{_FONT};font-size:15px;line-height:20px;font-weight:600;'
        f'color:#ffffff;background-color:#1a1f26;border-radius:8px;text-decoration:none">{LINK_TITLE}</a></div>'
    )
