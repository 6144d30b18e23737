from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Iterator
from typing import TextIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd import logs
from cashnotifyd.redaction import MASK, Redaction, escape_controls
from tests.own_logging import own_logging

KEY = "rk_live_51AbCdEfGhIjKlMnOpQrStUv"
PASSWORD = 'correct "horse"/battery é'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Gives back what configure() changes in the process."""
    with own_logging():
        yield


def lines_of(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_names_event_level_logger_and_utc_time() -> None:
    out = io.StringIO()
    logs.configure([], stream=out, environ={})
    structlog.stdlib.get_logger("cashnotifyd.polling").info("polled", account="shop", events=3)
    (line,) = lines_of(out)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line.pop("timestamp"))
    assert line == {
        "event": "polled",
        "level": "info",
        "logger": "cashnotifyd.polling",
        "account": "shop",
        "events": 3,
    }


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_line_has_an_end_and_no_half_of_a_secret(stream: type[io.StringIO]) -> None:
    for cut in range(len(PASSWORD)):
        out = stream()
        logs.configure([PASSWORD], stream=out, environ={"NO_COLOR": "1"})
        padded = "x" * (2000 - cut) + PASSWORD + "x" * 1_000_000
        structlog.stdlib.get_logger("cashnotifyd.polling").warning(padded, reason=padded, several=[padded], other=3)
        logging.getLogger("aiohttp.server").error("at %s", padded)

        assert len(out.getvalue()) < 20_000
        assert out.getvalue().count("\n") == 2
        assert "corr" not in out.getvalue()
        assert "characters" in out.getvalue()


def test_foreign_lines_look_like_ours() -> None:
    out = io.StringIO()
    logs.configure([], stream=out, environ={})
    with structlog.contextvars.bound_contextvars(account="shop"):
        logging.getLogger("asyncio.tasks").warning("failed: %s", "error=500")
    (line,) = lines_of(out)
    assert (line["event"], line["level"], line["logger"], line["account"]) == (
        "failed: error=500",
        "warning",
        "asyncio.tasks",
        "shop",
    )


def test_warnings_become_lines() -> None:
    out = io.StringIO()
    logs.configure([], stream=out, environ={})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"do not use {KEY}", stacklevel=1)
    assert KEY not in out.getvalue()
    assert lines_of(out)[0]["logger"] == "py.warnings"


@pytest.mark.parametrize("name", ["stripe", "aiohttp.client", "apprise", "urllib3.connectionpool", "asyncio"])
def test_talkative_libraries_stay_at_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    out = io.StringIO()
    logs.configure([], level="debug", stream=out, environ={})
    logging.getLogger(name).info("customer@example.com")
    logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(name).debug("Authorization: ...")
    logging.getLogger(name).warning("seen")
    logging.getLogger("cashnotifyd").debug("seen too")
    assert [line["event"] for line in lines_of(out)] == ["seen", "seen too"]


def test_level_is_checked() -> None:
    with pytest.raises(ValueError, match="loud"):
        logs.configure([], level="loud", stream=io.StringIO(), environ={})


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_registered_secrets_never_appear(stream: type[io.StringIO]) -> None:
    out = stream()
    logs.configure([PASSWORD, "short-lived"], stream=out, environ={})
    log = structlog.stdlib.get_logger("cashnotifyd")
    log.info("signing in with %s", PASSWORD, url="json://host/?q=correct+%22horse%22%2Fbattery+%C3%A9")
    log.info("tried", passwords=[PASSWORD], raw=PASSWORD.encode())
    logging.getLogger("aiohttp").error("bad answer to %r", {"body": PASSWORD})
    log.error("failed", exc_info=KeyError(PASSWORD))
    assert not re.search("horse|battery|short-lived", out.getvalue())
    assert out.getvalue().count(MASK) >= 5


def test_secrets_of_a_reload_join_the_old_ones() -> None:
    out = io.StringIO()
    logs.configure(["old-secret"], stream=out, environ={})
    logs.add_secrets(["new-secret"])
    logging.getLogger("cashnotifyd").info("old-secret new-secret")
    assert lines_of(out)[0]["event"] == f"{MASK} {MASK}"
    assert logs.redact("new-secret") == MASK


def test_configured_again_secrets_stay_and_lines_come_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.configure(["old-secret"], stream=first, environ={})
    logs.configure([], stream=second, environ={})
    logging.getLogger("cashnotifyd").info("old-secret")
    assert (first.getvalue(), lines_of(second)[0]["event"]) == ("", MASK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key {KEY}, wrong", f"key rk_live_{MASK}, wrong"),
        ("sk_test_4eC39HqLyjWDarjtT1zdp7dc", f"sk_test_{MASK}"),
        ("pk_live_abcdef123456", f"pk_live_{MASK}"),
        ("sk_org_live_abcdef123456", f"sk_org_live_{MASK}"),
        ("whsec_abcdef123456", f"whsec_{MASK}"),
        ("sk_abcdef1234567890abcd", f"sk_{MASK}"),
        ("pi_3ABC_secret_abcdef123456", f"pi_3ABC_secret_{MASK}"),
        ("Invalid API Key provided: rk_live_****UvWx", "Invalid API Key provided: rk_live_****UvWx"),
        ("Authorization: Bearer tk_abc.def", f"Authorization: Bearer {MASK}"),
        ("{'Authorization': 'Basic dTpw'}", f"{{'Authorization': 'Basic {MASK}'}}"),
        ('{"a": "{\\"authorization\\": \\"raw\\"}"}', f'{{"a": "{{\\"authorization\\": \\"{MASK}\\"}}"}}'),
        ("(b'Authorization', b'Bearer abc')", f"(b'Authorization', b'Bearer {MASK}')"),
        ("authorization failed, sign in", "authorization failed, sign in"),
        ("sent bearer abcdef123", f"sent bearer {MASK}"),
        ("ntfys://me:p@ss@example.org/t", f"ntfys://{MASK}@example.org/t"),
        ("https://tk_abcdef@example.org", f"https://{MASK}@example.org"),
        ("https://example.org/me@home", "https://example.org/me@home"),
        ("POST /1/messages?token=abc&title=x", f"POST /1/messages?token={MASK}&title=x"),
        ("evt_1ABCDEFGHIJKLMNOPQ of cus_123 is no secret", "evt_1ABCDEFGHIJKLMNOPQ of cus_123 is no secret"),
    ],
)
def test_what_looks_like_a_secret_is_masked_though_nobody_registered_it(text: str, expected: str) -> None:
    assert logs.redact(text) == expected


def test_longest_secret_first_and_too_short_ones_left_alone() -> None:
    assert Redaction(["abcd", "abcdef", "e"])("abcdef abcd e") == f"{MASK} {MASK} e"


@pytest.mark.parametrize("key", [KEY, "sk_test_4eC39HqLyjWDarjtT1zdp7dc", "sk_shop_live_1", "rk_live_1a"])
def test_a_registered_key_is_masked_whatever_it_looks_like(key: str) -> None:
    clean = Redaction([key, f"json://host/{key}"])
    for shown in (key, f"x{key}y", json.dumps({"k": key}), repr([key.encode()]), f"json://host/{key}"):
        masked = clean(shown)
        assert MASK in masked
        assert key[8:] not in masked


@given(st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4), st.text())
def test_a_secret_is_found_in_json_and_in_python_notation(secret: str, around: str) -> None:
    clean = Redaction([secret])
    for shown in (
        json.dumps({"k": around + secret}),
        repr([secret]),
        escape_controls(secret),
        json.dumps(repr(secret)),
    ):
        assert secret.strip() not in clean(shown).replace(MASK, "")


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text())))
def test_json_stays_json(value: dict[str, object]) -> None:
    json.loads(Redaction()(json.dumps({**value, "Authorization": "Bearer x", "u": "a://b:c@d", "k": KEY})))


@pytest.mark.fault(40, measured="0 left")
@given(st.text())
def test_nothing_escaped_acts_on_a_terminal(text: str) -> None:
    shown = escape_controls(text)
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown
    shown.encode()


HOSTILE = "Ann\n2026-11-24T00:00:00Z [info] all is well\r\x1b[2J\x9b1m\u202e\u2028"


def test_console_values_cannot_pose_as_lines() -> None:
    out = Terminal()
    logs.configure([], stream=out, environ={"NO_COLOR": "1"})
    log = structlog.stdlib.get_logger("cashnotifyd")
    log.info(HOSTILE, name=HOSTILE, parts=[HOSTILE], **{HOSTILE: 1})
    logging.getLogger("aiohttp").error(HOSTILE)
    assert len(out.getvalue().splitlines()) == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out.getvalue())


def test_console_tracebacks_are_indented_and_without_locals() -> None:
    out = Terminal()
    logs.configure([], stream=out, environ={"NO_COLOR": "1"})
    held_locally = "do-not-" + "show"
    try:
        int(HOSTILE)
    except ValueError as error:
        error.add_note(HOSTILE)
        logging.getLogger("cashnotifyd").exception("failed")
    first, *rest = out.getvalue().splitlines()
    assert "failed" in first
    assert all(line.startswith("    ") for line in rest)
    assert "\x1b" not in out.getvalue()
    assert held_locally not in out.getvalue()


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        (Terminal, {}, True),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"NO_COLOR": ""}, True),
        (Terminal, {"TERM": "dumb"}, False),
        (io.StringIO, {}, False),
    ],
)
def test_colours_only_on_a_willing_terminal(
    stream: type[io.StringIO], environ: dict[str, str], coloured: object
) -> None:
    out = stream()
    logs.configure([], stream=out, environ=environ)
    logging.getLogger("cashnotifyd").info("sent", extra={})
    assert ("\x1b[" in out.getvalue()) == coloured


def test_a_key_in_a_coloured_line_is_masked() -> None:
    out = Terminal()
    logs.configure([], stream=out, environ={})
    structlog.stdlib.get_logger("cashnotifyd").info("x", key=KEY, authorization="abc123", said="Bearer abc123")
    assert not re.search("51AbC|abc123", out.getvalue())


def written_to(stream: TextIO) -> list[str]:
    stream.seek(0)
    return stream.read().splitlines()


def test_priorities_where_the_stream_is_the_journal() -> None:
    with tempfile.TemporaryFile("w+") as out:
        here = os.fstat(out.fileno())
        logs.configure([], level="DEBUG", stream=out, environ={"JOURNAL_STREAM": f"{here.st_dev}:{here.st_ino}"})
        log = logging.getLogger("cashnotifyd")
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
            log.log(level, "two\nlines")
        assert [line[:4] for line in written_to(out)] == ["<7>{", "<6>{", "<4>{", "<3>{", "<2>{"]


def test_what_a_failing_command_says_is_an_error_to_the_journal_line_by_line() -> None:
    with tempfile.TemporaryFile("w+") as out:
        here = os.fstat(out.fileno())
        logs.configure(["old-secret"], stream=out, environ={"JOURNAL_STREAM": f"{here.st_dev}:{here.st_ino}"})
        assert logs.as_error("cannot\n  old-secret") == f"<3>cannot\n<3>  {MASK}"
    logs.configure([], stream=io.StringIO(), environ={})
    assert logs.as_error("cannot\n  old-secret") == f"cannot\n  {MASK}"


def test_no_priorities_where_the_journal_is_elsewhere() -> None:
    with tempfile.TemporaryFile("w+") as out:
        logs.configure([], stream=out, environ={"JOURNAL_STREAM": "1:2"})
        logging.getLogger("cashnotifyd").info("x")
        assert written_to(out)[0].startswith("{")


def test_a_record_that_cannot_be_shown_does_not_show_its_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own would raise
    out = io.StringIO()
    logs.configure([PASSWORD], stream=out, environ={})
    logging.getLogger("foreign").error("%d", PASSWORD)
    assert "foreign" in out.getvalue()
    assert "horse" not in out.getvalue()


def test_a_closed_stream_is_no_reason_to_fall() -> None:
    out = io.StringIO()
    logs.configure([], stream=out, environ={})
    out.close()
    logging.getLogger("cashnotifyd").info("nobody hears this")


CRASH = """
    import sys, threading
    from cashnotifyd import logs
    logs.configure(["hidden-token"])
    class Falls:
        def __del__(self):
            raise ValueError("hidden-token at the end")
    def work():
        raise ValueError("hidden-token in a thread")
    falls = Falls()
    del falls
    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join()
    raise ValueError("hidden-token in the main thread")
"""


def test_crashes_anywhere_are_lines_without_secrets() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CRASH)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 1
    assert "hidden-token" not in done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["error", "critical", "critical"]
    assert [line["exception"].splitlines()[-1] for line in lines] == [
        f"ValueError: {MASK} at the end",
        f"ValueError: {MASK} in a thread",
        f"ValueError: {MASK} in the main thread",
    ]
