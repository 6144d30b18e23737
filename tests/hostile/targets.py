"""What is tried out on bytes from outside, and what to begin with: the targets of ``tests/hostile/fuzz.py``."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml

from cashnotifyd.cli.preview import documents, previews_of
from cashnotifyd.config.loading import ConfigError, load
from cashnotifyd.delivery.apprise_door.answers import Answer, meaning
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.occurrences.shapes import mapping
from cashnotifyd.stripe_api import Failure, account_in, failure_of, page_in
from tests.config.test_secrets import EVERY_KEY
from tests.corpus.checking import ACCOUNT, WORDS, together
from tests.corpus.examples import by_hand, played
from tests.corpus.synthetic import event, event_types
from tests.corpus.test_hostile import FIELDS, HOSTILE, assert_harmless

LONGEST: Final = {"answers": 16_384, "configuration": 2048, "events": 16_384, "files": 16_384}
"""Bytes of an input. Of a configuration a short one does, as each byte takes long."""

CONTROLS: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
CONFIGURATION_WORDS: Final = (
    "accounts:", "channels:", " shop:", "api_key:", "api_key_file:", "url:", "url_file:", "burst:", "above:", "digest:",
    "quiet_hours:", "min_amount:", "locale:", "timezone:", "events:", "modes:", "details:", "read_share:", "urgency:",
    "poll_interval:", "cursor_file:", "heartbeat:", "stale_after:", "logo:", "name:", "stripe_api_base:", "${X}", "$${",
    "rk_live_51abc", "json://localhost/", "pover://a@b", "&verify=no", "22:00-07:00", "monthly 1 09:00", "<<:", "!!",
)  # fmt: skip
SMALL: Final = (
    b"accounts: {shop: {api_key: rk_live_51abc}}\nchannels:\n  hook:\n    url: json://localhost/\n    burst: off\n"
)

Try = Callable[[bytes], None]


def events() -> Try:
    """A page of Stripe's list, and each of its events as a message."""

    def attempt(data: bytes) -> None:
        page = page_in(b'{"object":"list","data":[' + data + b"]}", 100)
        if isinstance(page, Failure):
            return
        for listed in page.events:
            listed.payload.encode("utf-8")
            sent = json.loads(listed.payload)
            thing = sent.get("data")
            if isinstance(thing, dict) and isinstance(thing.get("object"), dict):
                for one in together([sent]):
                    assert_harmless(one)

    return attempt


def files() -> Try:
    """A file given to ``cashnotifyd preview``."""
    folder = Path(tempfile.mkdtemp())

    def attempt(data: bytes) -> None:
        path = folder / "events.json"
        path.write_bytes(data)
        previews, flaws = previews_of(documents([str(path)]), WORDS, ACCOUNT)
        for shown in (*(f"{one.title}\n{one.body}" for one in previews), *(one.problem for one in flaws)):
            assert not CONTROLS.search(shown), shown

    return attempt


def configuration() -> Try:
    """A configuration file."""
    folder = Path(tempfile.mkdtemp())

    def attempt(data: bytes) -> None:
        path = folder / "config.yaml"
        path.write_bytes(data)
        path.chmod(0o600)
        try:
            load(path, {}, examine)
        except ConfigError as error:
            for finding in error.findings:
                assert finding.problem
                assert finding.hint
                assert not CONTROLS.search(str(finding)), finding

    return attempt


def answers() -> Try:
    """What Stripe and the channels' services say: a status, a header and a body."""

    def attempt(data: bytes) -> None:
        status = 200 + int.from_bytes(data[:2], "big") % 400
        header, _, body = data[2:].partition(b"\n")
        value = header.decode("latin-1")
        names = ("Retry-After", "X-RateLimit-Reset-After", "X-Limit-App-Reset", "Stripe-Rate-Limited-Reason")
        headers = {**dict.fromkeys(names, value), "stripe-should-retry": value}
        reason = meaning(Answer(status, headers, body), "a reason", 1_790_000_000.0)
        assert reason.reason == "a reason"
        page = page_in(body, 10, value)
        assert isinstance(page, Failure) or page.server_time is None or page.server_time > -1e12
        try:
            said = mapping(json.loads(body))
        except (ValueError, RecursionError):
            return
        failure_of(status, headers, mapping(said.get("error")))
        account = account_in(said)
        (account.name or "").encode("utf-8")

    return attempt


TARGETS: Final[dict[str, Callable[[], Try]]] = {
    "events": events,
    "files": files,
    "configuration": configuration,
    "answers": answers,
}


def seeds(target: str) -> Iterator[bytes]:
    """Inputs that a target takes, to begin with."""
    if target == "configuration":
        yield SMALL
        yield yaml.safe_dump(EVERY_KEY, sort_keys=False).encode()
        return

    for one in (*by_hand(), *played(), *(event(name, 0) for name in event_types())):
        text = json.dumps(one).encode()
        if len(text) < LONGEST[target]:
            yield b"\x00\xc8120\n" + text if target == "answers" else text
    if target == "answers":
        yield b'\x00\xe5Wed, 21 Oct 2026 07:28:00 GMT\n{"error": {"message": "rak_event_read", "code": "x"}}'
        yield b'\x00\xe52\n{"retry_after": 1.5, "parameters": {"retry_after": 2}, "error": {"retry_after_ms": 3}}'


def words(target: str) -> Iterator[str]:
    """What to put into inputs, in libFuzzer's notation."""
    chosen = CONFIGURATION_WORDS if target == "configuration" else [json.dumps(one) for one in FIELDS]
    hostile = [json.dumps(one) for one in HOSTILE if len(one) < 60]
    for one in (*chosen, *hostile, "null", "1e999", "-1", "NaN", "9" * 30, "[]", "{}", '"\\ud800"'):
        escaped = "".join(f"\\x{byte:02x}" for byte in one.encode("utf-8", "replace"))
        yield f'"{escaped}"'
