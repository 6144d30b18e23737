"""What a service says without an end, or breaks off in the middle of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import examine, open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Refused, Unconfirmed
from cashnotifyd.vocabulary import Kind, Message, Urgency
from tests.delivery.doubles import answering_server, dripping_mail_server, http_double, lead_all_to
from tests.running import PATIENCE, until

SALE = Message(Kind.SALE, "Sale", "Acme", Urgency.NORMAL)
OK = b"HTTP/1.1 200 OK\r\n"
NO_END = "no end to it within 60 s"


def only(url: str) -> Target:
    (target,) = open_targets(url)
    return target


async def given_up(target: Target) -> Outcome:
    """What a send says that is given up when it has a connection."""
    with ThreadPoolExecutor(1) as thread:
        send = thread.submit(target.send, SALE)
        await until(lambda: target._connections is not None and bool(target._connections._kept))
        target.give_up()
        return send.result(PATIENCE)


@pytest.mark.fault(16)
@pytest.mark.parametrize(
    ("said", "and_so_on", "outcome"),
    [
        (b"HTTP/1.1 2", b"0", Unconfirmed(NO_END)),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, Unconfirmed(NO_END)),
        (b"HTTP/1.1 503 No\r\nX: ", b"a", None),
    ],
    ids=["status", "interim answers", "head"],
)
async def test_an_answer_without_an_end_ends_when_it_is_given_up(
    said: bytes, and_so_on: bytes, outcome: Outcome | None
) -> None:
    with answering_server(said, and_so_on=and_so_on) as port:
        found = await given_up(only(f"json://127.0.0.1:{port}/"))
    assert isinstance(found, NotSent | Unconfirmed)
    assert found.reason == NO_END
    assert outcome in {None, found}


async def test_a_mail_server_that_never_comes_to_its_end_has_surely_taken_nothing() -> None:
    with dripping_mail_server() as port:
        outcome = await given_up(only(f"mailto://me:pw@127.0.0.1:{port}?to=a@example.org&from=b@example.org"))
    assert outcome == NotSent(NO_END)


async def test_what_was_given_up_sends_nothing_more_and_the_next_send_does() -> None:
    with answering_server(b"HTTP/1.1 2", and_so_on=b"0") as port:
        target = only(f"json://127.0.0.1:{port}/")
        await given_up(target)
    with http_double() as well:
        target = only(f"json://127.0.0.1:{well.port}/")
        target.give_up()
        assert target.send(SALE) == Delivered()


@pytest.mark.parametrize(("limits", "seconds"), [("", 60), ("?cto=30&rto=90", 120), ("?rto=9999", 600)])
def test_a_send_may_last_as_long_as_its_url_says_within_bounds(limits: str, seconds: float) -> None:
    assert only(f"json://127.0.0.1/{limits}").patience == seconds


BROKEN = {
    "cut": OK + b"Content-Length: 500\r\n\r\n{}",
    "bad chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip",
    "too many headers": OK + b"".join(b"X-%d: a\r\n" % n for n in range(300)) + b"\r\n{}",
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("url", ["json://127.0.0.1:{}/", "ntfy://127.0.0.1:{}/acme", "gotify://127.0.0.1:{}/token"])
def test_a_yes_whose_rest_breaks_is_a_yes(url: str, answer: bytes) -> None:
    with answering_server(answer) as port:
        assert only(url.format(port)).send(SALE) == Delivered()


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_it_is_doubt_where_the_rest_says_what_became_of_the_message(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering_server(answer) as port:
        lead_all_to(port, monkeypatch)
        outcome = only("slack://xoxb-1234-1234-abcdefghijklmnop/#sales").send(SALE)
    assert isinstance(outcome, Unconfirmed)


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_no_whose_rest_breaks_is_a_no(answer: bytes) -> None:
    with answering_server(answer.replace(b"200 OK", b"401 No")) as port:
        outcome = only(f"json://127.0.0.1:{port}/").send(SALE)
    assert isinstance(outcome, Refused)
    assert replace(outcome, reason="") == Refused("", "channel")


@pytest.mark.parametrize("mode", ["insecure", "INSECURE"])
def test_a_url_that_promises_tls_and_switches_it_off_is_refused(mode: str) -> None:
    problem = examine(
        f"mailtos://me:hidden-pw@mail.example.org?to=a@example.org&from=b@example.org&mode={mode}"
    ).problem
    assert problem is not None
    assert problem.startswith("mode=insecure sends password and messages in the clear: remove it")
    assert "hidden-pw" not in problem


def test_a_server_that_apprise_speaks_to_without_tls_is_refused_where_the_url_promises_it() -> None:
    problem = examine("ircs://me:hidden-pw@irc.efnet.org/#sales").problem
    assert problem is not None
    assert "without TLS" in problem


@pytest.mark.parametrize("url", ["mailto://me:pw@127.0.0.1", "mailtos://me:pw@127.0.0.1", "jsons://127.0.0.1/"])
def test_others_are_as_they_were(url: str) -> None:
    assert examine(f"{url}?to=a@example.org&from=b@example.org").problem is None
