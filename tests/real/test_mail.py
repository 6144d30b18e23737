"""The real exim4: TLS, passwords, refusals, and what lies in the mailbox afterwards, opened in a real browser.

The pictures are kept beside the peers, as .venv/real/mail-*.png, for eyes.
"""

from __future__ import annotations

import email.policy
import mailbox
import os
import pwd
import re
import ssl
import subprocess
from contextlib import ExitStack, closing
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Refused
from cashnotifyd.vocabulary import Icon, Kind, Message, Urgency
from tests.real.conftest import REAL, free_port, listens, program, running, wait_until

pytestmark = pytest.mark.real

CONFIG = """
primary_hostname = mail.example.org
domainlist here = example.org
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/exim.pid
exim_user = {user}
exim_group = {group}
never_users =
host_lookup =
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny message = authentication required
       !authenticated = *
  deny message = no mailbox $local_part@$domain here
       !local_parts = you
  accept domains = +here
  deny message = relay not permitted
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = {folder}/mbox
  user = {user}
  group = {group}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{shop}}}}{{eq{{$auth3}}{{s3cret-pass}}}}}}}}
  server_set_id = $auth2
"""


@dataclass
class Exim:
    folder: Path
    port: int

    def url(self, password: str = "s3cret-pass", to: str = "you@example.org") -> str:
        return (
            f"mailtos://shop:{password}@localhost:{self.port}?mode=starttls&smtp=localhost"
            f"&from=shop@example.org&to={to}"
        )

    def mails(self) -> list[EmailMessage]:
        if not (self.folder / "mbox").exists():
            return []
        with closing(mailbox.mbox(self.folder / "mbox", create=False)) as box:
            parser: BytesParser[EmailMessage] = BytesParser(policy=email.policy.default)
            return [parser.parsebytes(mail.as_bytes()) for mail in box]


@pytest.fixture
def exim(tmp_path: Path, started: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Exim:
    binary = program("exim4")
    openssl = program("openssl")
    if os.geteuid() != 0:
        pytest.skip("exim4 takes a configuration of ours from root alone")
    user = pwd.getpwnam("Debian-exim")
    port = free_port()
    folder = tmp_path / "exim"
    for part in ("", "spool", "log"):
        (folder / part).mkdir()
    _self_signed(openssl, folder)
    config = folder / "exim.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, user=user.pw_uid, group=user.pw_gid))
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    os.chown(config, 0, 0)
    for parent in (folder, *folder.parents):
        if parent.owner() == "root" and parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o711)
    # The test's certificate is trusted the way an administrator would do it: no check is switched off.
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
    assert ssl.create_default_context().get_ca_certs()
    started.enter_context(running(binary, "-C", config, "-bdf", log=tmp_path / "exim.out"))
    wait_until(lambda: listens(port))
    return Exim(folder, port)


def _self_signed(openssl: str, folder: Path) -> None:
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            *files,
            *names,
        ],
        check=True,
        capture_output=True,
    )


def only(url: str) -> Target:
    (target,) = open_targets(url)
    return target


def test_a_mail_arrives_over_starttls_with_a_password(exim: Exim, sale: Message) -> None:
    assert only(exim.url()).send(sale) == Delivered()
    wait_until(lambda: len(exim.mails()) == 1)
    (mail,) = exim.mails()
    assert mail["Subject"] == sale.title
    assert "with esmtpsa" in mail["Received"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert str(body.get_content()).strip() == f"{sale.body}\n\n{sale.link}"


def test_a_wrong_password_is_refused_and_told(exim: Exim, sale: Message) -> None:
    outcome = only(exim.url(password="wr0ng-pass")).send(sale)
    assert outcome == Refused("the mail server refused the user name or password (535)", "channel")


def test_a_recipient_is_refused_and_told(exim: Exim, sale: Message) -> None:
    outcome = only(exim.url(to="nobody@example.org")).send(sale)
    assert outcome == Refused("the mail server refused the recipient (550 no mailbox … here)", "channel")
    assert exim.mails() == []


def test_a_refused_recipient_keeps_no_mail_from_the_others(exim: Exim, sale: Message) -> None:
    outcomes = [target.send(sale) for target in open_targets(exim.url(to="nobody@example.org,you@example.org"))]
    assert [type(outcome) for outcome in outcomes] == [Refused, Delivered]
    wait_until(lambda: len(exim.mails()) == 1)


def test_an_untrusted_certificate_is_told_and_surely_not_sent(
    exim: Exim, sale: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    outcome = only(exim.url()).send(sale)
    assert outcome == NotSent("the server's certificate cannot be trusted: self-signed certificate")


def test_a_hostile_title_adds_no_header(exim: Exim) -> None:
    hostile = Message(Kind.SALE, "Sale\r\nBcc: evil@example.org\r\nX-Evil: 1\n\nHello", "Acme", Urgency.NORMAL)
    assert only(exim.url()).send(hostile) == Delivered()
    wait_until(lambda: len(exim.mails()) == 1)
    (mail,) = exim.mails()
    assert mail["X-Evil"] is None
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Sale Bcc: evil@example.org")


@dataclass(frozen=True)
class Picture:
    """What a browser drew. Colours are ``#RRGGBB`` in capitals."""

    path: Path

    def colour(self, x: int, y: int) -> str:
        return self._colours(f"1x1+{x}+{y}").popitem()[0]

    def pixels(self) -> dict[str, int]:
        return self._colours()

    def right_edge(self) -> dict[str, int]:
        """Colours of its last column: where something spilled over, they are several."""
        width = int(_asked("identify", "-format", "%w", str(self.path)))
        return self._colours(f"1x0+{width - 1}+0")

    def _colours(self, area: str | None = None) -> dict[str, int]:
        crop = ["-crop", area, "+repage"] if area else []
        counted = _asked("convert", str(self.path), *crop, "-alpha", "off", "-format", "%c", "histogram:info:")
        return {colour: int(count) for count, colour in re.findall(r"(\d+): \(.*?\) (#[0-9A-F]{6})", counted)}


def _asked(name: str, *arguments: str) -> str:
    return subprocess.run([program(name), *arguments], capture_output=True, text=True, check=True, timeout=30).stdout


def _painted(size: str, colour: str, path: Path) -> None:
    # Without a word on colour spaces, which would shade it.
    _asked("convert", "-size", size, f"xc:{colour}", "-define", "png:exclude-chunks=all", str(path))


def drawn(page: EmailMessage, folder: Path, *, name: str, scheme: str, width: int) -> Picture:
    """The part of a mail that holds its page, drawn by chromium as it arrived, images found by their content ids."""
    source = folder / f"{name}.mhtml"
    source.write_bytes(b"From: <mail>\r\n" + page.as_bytes(policy=email.policy.SMTP))
    picture = REAL / f"mail-{name}-{scheme}-{width}.png"
    picture.unlink(missing_ok=True)
    command = [
        program("chromium"),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
        f"--user-data-dir={folder / f'{name}-{scheme}-{width}'}",
        f"--window-size={width},760",
        f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
        f"--screenshot={picture}",
        source.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return Picture(picture)


def arrived_page(exim: Exim) -> EmailMessage:
    """The part of the one mail in the mailbox that a program for mail would show."""
    wait_until(lambda: len(exim.mails()) == 1)
    (mail,) = exim.mails()
    shown = list(mail.iter_parts())[-1]
    assert isinstance(shown, EmailMessage)
    if "MIME-Version" not in shown:
        shown["MIME-Version"] = "1.0"
    return shown


PAGE = {"light": "#F3F4F6", "dark": "#101317"}
CARD = {"light": "#FFFFFF", "dark": "#1A1F26"}
WORDS = {"light": "#1A1F26", "dark": "#E8ECF1"}
"""The colours of the button, too, and of nothing else that is as large."""


def test_a_mail_looks_right_in_light_and_dark_on_phone_and_desktop(exim: Exim, tmp_path: Path) -> None:
    icon, week = tmp_path / "icon.png", tmp_path / "week.png"
    _painted("96x96", "#1F7A5C", icon)
    _painted("1008x400", "#C0FFEE", week)
    message = Message(
        Kind.DISPUTE,
        "Dispute €89.00 · Acme Shop",
        "Zoë Lefèvre, zoe@lefevre.example, France\nFor Ceramic <b>pour-over</b>\nVisa •••• 4242\n"
        "The customer says the product did not arrive\nAnswer with evidence by Dec 3, 2026\n"
        "Acme Shop · live mode · Nov 24, 2026, 2:03 PM",
        Urgency.EMERGENCY,
        "https://dashboard.stripe.com/disputes/du_1",
        Icon(url="https://files.stripe.com/links/icon", file=str(icon)),
        str(week),
    )
    assert only(exim.url()).send(message) == Delivered()
    page = arrived_page(exim)
    for scheme in ("light", "dark"):
        for width in (360, 390, 1000):
            picture = drawn(page, tmp_path, name="dispute", scheme=scheme, width=width)
            pixels = picture.pixels()
            assert picture.colour(2, 2) == PAGE[scheme]
            assert set(picture.right_edge()) == {PAGE[scheme]}
            assert pixels["#C62828"] > 300 * 4  # an emergency
            assert pixels["#1F7A5C"] > 40 * 40  # the icon
            shown_width = min(width - 56, 504)
            assert pixels["#C0FFEE"] > 0.9 * shown_width**2 * 400 / 1008  # the picture
            assert pixels[CARD[scheme]] > 40_000
            assert pixels[WORDS[scheme]] > 3_000
            assert len(pixels) > 50  # letters


def test_a_hostile_mail_keeps_its_shape(exim: Exim, tmp_path: Path) -> None:
    words = "<script>document.body.innerHTML=''</script><style>*{display:none}</style>" + "W" * 3000
    message = Message(Kind.SALE, words, f"{words}\n</td></table>\u202eabc\nAcme · live mode", Urgency.NORMAL)
    assert only(exim.url()).send(message) == Delivered()
    page = arrived_page(exim)
    picture = drawn(page, tmp_path, name="hostile", scheme="light", width=390)
    pixels = picture.pixels()
    assert set(picture.right_edge()) == {PAGE["light"]}
    assert pixels[WORDS["light"]] > 3_000
    assert pixels[CARD["light"]] > 40_000
