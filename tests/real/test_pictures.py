"""The pictures of the README, each from a real run: `make pictures` draws them anew.

The real daemon watches the simulator and tells a real ntfy, a mail server and a desktop under Xvfb; the demo runs in a
pseudo terminal. Without ``CASHNOTIFYD_PICTURES`` they go beside the peers, into .venv/real, for eyes.
"""

from __future__ import annotations

import email.policy
import html
import io
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.text import Text

from cashnotifyd.simulator import families
from cashnotifyd.simulator.people import PEOPLE
from cashnotifyd.simulator.server import Simulator
from tests.delivery.doubles import OnAnyPort
from tests.real.conftest import REAL, program
from tests.real.test_desktop import Desktop, desktop, session  # noqa: F401 (fixtures)
from tests.real.test_ntfy import Ntfy, ntfy  # noqa: F401 (fixtures)
from tests.running import RunningDaemon, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

FOLDER = Path(os.environ.get("CASHNOTIFYD_PICTURES", REAL))
ZOE, HARUKI, LIAM = PEOPLE[1], PEOPLE[2], PEOPLE[5]
PHONE = 390


class Mailbox:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: ANN401, N802 (aiosmtpd's)
        parser: BytesParser[EmailMessage] = BytesParser(policy=email.policy.default)
        self.mails.append(parser.parsebytes(envelope.content))
        return "250 OK"


DUNSTRC = """[global]
width = 430
offset = 12x12
font = DejaVu Sans 10
min_icon_size = 52
max_icon_size = 52
frame_width = 1
frame_color = "#c9d1da"
gap_size = 10
corner_radius = 10
padding = 12
horizontal_padding = 14
background = "#f7f9fb"
foreground = "#1a1f26"
format = "<b>%s</b>\\n%b"
show_indicators = no
[urgency_low]
background = "#f7f9fb"
foreground = "#1a1f26"
[urgency_normal]
background = "#f7f9fb"
foreground = "#1a1f26"
"""


@pytest.fixture
def pretty_desktop(tmp_path: Path) -> None:
    """How a desktop of today would show notices, rather than dunst without any configuration."""
    configuration = tmp_path / ".config" / "dunst" / "dunstrc"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(DUNSTRC)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    server = OnAnyPort(box, hostname="127.0.0.1", port=0, ready_timeout=60)
    server.start()
    yield box, server.port
    server.stop()


def browser(page: Path, picture: Path, width: int, height: int, *, dark: bool = False) -> None:
    """A page as chromium draws it, twice as fine as its points."""
    picture.unlink(missing_ok=True)
    subprocess.run(
        [
            program("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--hide-scrollbars", "--force-device-scale-factor=2",
            f"--user-data-dir={page.parent / f'browser-{picture.stem}'}", f"--window-size={width},{height}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--screenshot={picture}", page.as_uri(),
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip


def logo(path: Path) -> None:
    """A shop's logo."""
    image = Image.new("RGBA", (256, 256), "#1f7a5c")
    font = ImageFont.load_default(size=170)
    ImageDraw.Draw(image).text((128, 128), "A", fill="white", font=font, anchor="mm")
    image.save(path)


@pytest.mark.usefixtures("pretty_desktop")
async def test_a_morning_at_a_shop(
    ntfy: Callable[..., Ntfy],  # noqa: F811 (a fixture)
    desktop: Desktop,  # noqa: F811 (a fixture)
    mailbox: tuple[Mailbox, int],
    tmp_path: Path,
) -> None:
    box, smtp = mailbox
    server = ntfy()
    logo(tmp_path / "logo.png")
    async with Simulator() as stripe:
        shop = stripe.account("acct_1AcmeShop", name="Acme Shop", currency="eur", country="FR")
        regretted = families.checkout_sale(shop, amount=8900, person=HARUKI, what="Ceramic pour-over")
        settings = {
            "poll_interval": "1s",
            "cursor_file": str(tmp_path / "cursor.db"),
            "stripe_api_base": stripe.base,
            "locale": "en_GB",
            "accounts": {"shop": {"api_key": shop.key(), "logo": str(tmp_path / "logo.png")}},
            "channels": {
                "desktop": {"url": "dbus://", "burst": "off"},
                "phone": {"url": f"ntfy://127.0.0.1:{server.port}/acme", "burst": "off"},
                "office": {
                    "url": f"mailto://127.0.0.1:{smtp}?from=shop@example.org&to=you@example.org&mode=insecure",
                    "events": ["dispute"],
                },
            },
        }
        async with RunningDaemon(tmp_path, settings) as daemon:
            await until(lambda: desktop.displayed() == 1)
            desktop.shown()  # and closed
            families.checkout_sale(shop, amount=4900, person=ZOE, what="Walnut desk organiser")
            await until(lambda: desktop.displayed() == 1)
            families.failed_payment(shop, amount=2900, person=LIAM, decline="expired_card")
            await until(lambda: desktop.displayed() == 2)
            families.dispute(shop, regretted)
            await until(lambda: desktop.displayed() == 3)
            await until(lambda: len(box.mails) == 1 and len(server.messages("acme")) == 4)
            time.sleep(0.5)  # noqa: ASYNC251 (until the desktop has drawn it)
            desktop.picture(FOLDER / "desktop.png")
            assert await daemon.stop() == 0
    trimmed(FOLDER / "desktop.png")
    draw_mail(box.mails[0], tmp_path)
    draw_phone(server.messages("acme"), tmp_path)
    for name in ("desktop", "mail", "mail-dark", "phone"):
        is_no_blank(FOLDER / f"{name}.png")


def trimmed(path: Path) -> None:
    """Without the empty screen around it."""
    image = Image.open(path).convert("RGB")
    empty = image.getpixel((0, image.height - 1))
    box = Image.eval(_difference(image, empty), lambda value: 255 if value else 0).getbbox()
    assert box is not None
    left, top, right, bottom = box
    image.crop((max(left - 12, 0), max(top - 12, 0), min(right + 12, image.width), bottom + 12)).save(path)


def _difference(image: Image.Image, colour: Any) -> Image.Image:  # noqa: ANN401 (a pixel)
    from PIL import ImageChops  # noqa: PLC0415 (here alone)

    return ImageChops.difference(image, Image.new("RGB", image.size, colour)).convert("L")


def is_no_blank(path: Path) -> None:
    """It has many colours; kept with 200 of them, which takes a third of the room."""
    image = Image.open(path).convert("RGB")
    assert image.getcolors(50) is None
    image.quantize(200).save(path, optimize=True)


def draw_mail(mail: EmailMessage, folder: Path) -> None:
    shown = list(mail.iter_parts())[-1]
    assert isinstance(shown, EmailMessage)
    if "MIME-Version" not in shown:
        shown["MIME-Version"] = "1.0"
    page = folder / "mail.mhtml"
    page.write_bytes(b"From: <mail>\r\n" + shown.as_bytes(policy=email.policy.SMTP))
    browser(page, FOLDER / "mail.png", PHONE, 420)
    browser(page, FOLDER / "mail-dark.png", PHONE, 420, dark=True)


CARD = (
    """<article style="--loud:{loud}"><header>{app}<time>now</time></header><h2>{title}</h2><p>{body}</p></article>"""
)
SCREEN = """<!doctype html><meta charset="utf-8"><style>
body{{margin:0;padding:28px 14px;background:linear-gradient(160deg,#243b55,#141e30)}}
body{{font:15px/1.35 "DejaVu Sans",sans-serif}}
h1{{margin:6px 0 22px;color:#fff;font-size:56px;font-weight:300;text-align:center}}
article{{margin:10px 0;padding:12px 16px;border-radius:18px;background:#f4f6faf2;border-left:5px solid var(--loud)}}
header{{display:flex;color:#5a6472;font-size:12px}}time{{margin-left:auto}}
h2{{margin:4px 0;font-size:15px}}p{{margin:0;white-space:pre-line;color:#222a35}}
</style><h1>9:41</h1>{cards}"""
LOUD = {5: "#c62828", 4: "#e07a1f", 2: "#9aa5b1"}


def draw_phone(messages: list[dict[str, Any]], folder: Path) -> None:
    """What ntfy got, as a locked phone shows it: drawn by us, since ntfy's own app needs a phone."""
    cards = [
        CARD.format(
            loud=LOUD.get(message.get("priority", 3), "#3a7bd5"),
            app=html.escape(f"ntfy · {message['topic']}"),
            title=html.escape(message["title"]),
            body=html.escape(message["message"]),
        )
        for message in reversed(messages)
    ]
    page = folder / "phone.html"
    page.write_text(SCREEN.format(cards="".join(cards)), "utf-8")
    browser(page, FOLDER / "phone.png", PHONE, 844)


def test_the_demo_in_a_terminal(tmp_path: Path) -> None:
    seen = in_terminal([sys.executable, "-m", "cashnotifyd", "demo"])
    lines = seen.replace("\r\n", "\n").split("\n")
    begin = next(number for number, line in enumerate(lines) if "charge.dispute" in line)
    shown = Text.from_ansi("\n".join(["$ cashnotifyd demo", "…", *lines[begin : begin + 22]]))
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(shown)
    page = tmp_path / "terminal.svg"
    page.write_text(console.export_svg(title="cashnotifyd demo"), "utf-8")
    browser(page, FOLDER / "terminal.png", 1000, 700)
    is_no_blank(FOLDER / "terminal.png")


def in_terminal(command: list[str]) -> str:
    """What a command writes to a terminal of 80 columns."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40"})
    said = b""
    try:
        while piece := _read(terminal):
            said += piece
    finally:
        os.close(terminal)
        _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""
