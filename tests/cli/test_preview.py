"""``cashnotifyd preview``: events from files as the messages they would become."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cashnotifyd.cli.preview import Document, Flaw, documents, previews_of
from cashnotifyd.occurrences.understanding import event_from_json
from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount
from cashnotifyd.vocabulary import Mode
from cashnotifyd.wording.message import Words
from tests.cli import inside
from tests.occurrences.payloads import AT, BASIL, CORPUS, charge, event

KEYS = ["event_id", "type", "kind", "told", "reason", "title", "body", "urgency", "link"]

SALE = CORPUS["sale basil"]
INTENT = CORPUS["intent basil"]
FREE_INVOICE = event(
    "invoice.paid",
    {"id": "in_free", "object": "invoice", "amount_paid": 0, "amount_due": 0, "currency": "usd"},
    event_id="evt_free",
    version=BASIL,
)
CUSTOMER = event("customer.created", {"id": "cus_1", "object": "customer"}, event_id="evt_customer", version=BASIL)


def run(*arguments: str | Path, stdin: str | bytes = b"") -> subprocess.CompletedProcess[str]:
    return inside.called("preview", *map(str, arguments), stdin=stdin)


def run_json(*arguments: str | Path, stdin: str = "") -> list[dict[str, Any]]:
    done = run("--json", *arguments, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def read(text: str | bytes, tmp_path: Path) -> tuple[list[object], list[Flaw]]:
    """What a file with this text holds."""
    file = tmp_path / "events.json"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    found = list(documents([str(file)]))
    return [one.value for one in found if isinstance(one, Document)], [one for one in found if isinstance(one, Flaw)]


def shown(*events: object) -> list[tuple[bool, str | None, str]]:
    previews, _ = previews_of([Document("here", one) for one in events], Words("en_US", ZoneInfo("UTC")), "Acme Shop")
    return [(one.told, one.reason, one.title) for one in previews]


def test_one_event_as_json_has_the_keys_of_the_contract() -> None:
    (one,) = run_json("-", "--timezone", "Europe/Paris", "--account-name", "Acme Shop", stdin=json.dumps(SALE))

    assert list(one) == KEYS
    assert one == {
        "event_id": "evt_sale",
        "type": "charge.succeeded",
        "kind": "sale",
        "told": True,
        "reason": None,
        "title": "Sale €49.00 · Acme Shop",
        "body": one["body"],
        "urgency": "normal",
        "link": "https://dashboard.stripe.com/payments/pi_3Ada",
    }
    assert one["body"].splitlines()[-1] == "Acme Shop · live mode · Nov 24, 2026, 2:03\N{NARROW NO-BREAK SPACE}PM"


def test_the_locale_writes_amounts_and_dates() -> None:
    (one,) = run_json("-", "--locale", "de-DE", "--account-name", "Acme Shop", stdin=json.dumps(SALE))

    assert "49,00\N{NO-BREAK SPACE}€" in one["title"]


@pytest.mark.parametrize("wrong", [("--locale", "tlh_XX"), ("--timezone", "Europe/Atlantis"), ("--timezone", "../x")])
def test_a_locale_or_time_zone_that_is_none_is_wrong_usage(wrong: tuple[str, str]) -> None:
    done = run("-", *wrong, stdin=json.dumps(SALE))

    assert done.returncode == 2
    assert wrong[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_no_file_is_wrong_usage() -> None:
    assert run().returncode == 2


def test_several_files_and_the_standard_input_come_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([CUSTOMER, FREE_INVOICE]))
    (tmp_path / "b.json").write_text(json.dumps({"object": "list", "has_more": True, "data": [INTENT]}))

    found = run_json(tmp_path / "a.json", "-", tmp_path / "b.json", stdin=json.dumps(SALE))

    assert [one["event_id"] for one in found] == ["evt_customer", "evt_free", "evt_sale", "evt_intent"]


def test_nothing_in_an_array_is_nothing() -> None:
    assert run_json("-", stdin="[]") == []
    assert run("-", stdin="[]").stdout == "No events.\n"


NEWLINE = "\n"
PRETTY = json.dumps([SALE, CUSTOMER], indent=2)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([SALE, CUSTOMER]),
        PRETTY,
        json.dumps({"object": "list", "data": [SALE, CUSTOMER]}, indent=4),
        json.dumps({"data": [SALE, CUSTOMER]}),
        json.dumps([{"object": "list", "data": [SALE]}, {"object": "list", "data": [CUSTOMER]}]),
        json.dumps([[SALE], [CUSTOMER]]),
        f"{json.dumps(SALE)}\n{json.dumps(CUSTOMER)}\n",
        f"\n{json.dumps(SALE, indent=2)}\r\n\r\n{json.dumps(CUSTOMER, indent=2)}",
        PRETTY.encode("utf-8-sig"),
        PRETTY.encode("utf-16"),  # what PowerShell redirects to a file
    ],
    ids=["array", "pretty", "list", "bare list", "pages", "arrays", "lines", "documents", "BOM", "UTF-16"],
)
def test_every_way_to_write_events_down_is_read(text: str | bytes, tmp_path: Path) -> None:
    assert read(text, tmp_path) == ([SALE, CUSTOMER], [])


@pytest.mark.parametrize(
    ("text", "before", "place", "problem"),
    [
        (PRETTY[:-2], [SALE, CUSTOMER], f"line {PRETTY.count(NEWLINE)}", "ends in the midst of an array"),
        (PRETTY[:-40], [SALE], "line", "not JSON"),
        (f"{json.dumps(SALE)}\noops\n{json.dumps(CUSTOMER)}", [SALE, CUSTOMER], "line 2, column 1", "not JSON"),
        (PRETTY.replace('"evt_sale"', "evt_sale"), [CUSTOMER], "line 3, column 11", "not JSON"),
        ('{"id": ' + "9" * 5000 + "}", [], "line 1", "more digits"),
        ("{" + '"a":{' * 200_000, [], "line 1", ""),
        ("", [], "events.json", "empty"),
        (b"\xff\xfe\x00", [], "events.json", "UTF-8"),
        (b'{"id": "\xe9"}', [], "events.json", "UTF-8"),
    ],
)
def test_a_flaw_is_named_with_its_place_and_costs_nothing_else(
    text: str | bytes, before: list[object], place: str, problem: str, tmp_path: Path
) -> None:
    found, flaws = read(text, tmp_path)

    assert found == before
    (flaw,) = flaws
    assert place in flaw.place
    assert problem in flaw.problem


@pytest.mark.parametrize(("name", "problem"), [("missing.json", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named_and_no_event_is_spoken_of(name: str, problem: str, tmp_path: Path) -> None:
    done = run(tmp_path / name)

    said = f"cashnotifyd: what cannot be read cannot be shown\n  {tmp_path / name}: {problem}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    assert run("--json", tmp_path / name).stdout == "[]\n"


def test_what_is_no_event_is_named_after_the_others_are_shown(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(json.dumps([{"id": "evt_half"}, 7, SALE], indent=1))
    done = run("--json", tmp_path / "events.json", tmp_path / "missing.json")

    assert done.returncode == 1
    half, seven, sale = json.loads(done.stdout)
    assert (half["event_id"], half["told"], half["reason"]) == ("evt_half", False, "not_an_event")
    assert (seven["event_id"], seven["type"], seven["told"]) == (None, None, False)
    assert all(list(one) == KEYS for one in (half, seven, sale))
    assert sale["told"]
    assert "events.json, line 2, event 1: it has no id or no type" in done.stderr
    assert "missing.json: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_events_of_one_fact_are_told_by_the_richest() -> None:
    assert shown(SALE, INTENT) == [
        (False, "told_with:evt_intent", "Sale €49.00 · Acme Shop"),
        (True, None, "Sale €49.00 · Acme Shop"),
    ]


def test_each_alone_is_told() -> None:
    assert shown(SALE) == shown(INTENT) == [(True, None, "Sale €49.00 · Acme Shop")]


def test_what_no_channel_gets_unasked_is_not_told_and_worded_all_the_same() -> None:
    assert shown(CUSTOMER, FREE_INVOICE) == [
        (False, "not_told_by_default", "New customer · Acme Shop"),
        (False, "nothing_paid", "Invoice paid $0.00 · Acme Shop"),
    ]


def test_the_same_event_again_is_not_told_again() -> None:
    assert [told for told, _, _ in shown(SALE, SALE)] == [True, False]
    assert shown(SALE, SALE)[1][1] == "seen_before"


def test_different_events_under_one_id_are_told_apart() -> None:
    """Stripe's own samples all had the id evt_00000000000000."""
    other = event("charge.succeeded", charge(id="ch_2", payment_intent="pi_2"), event_id="evt_sale", version=BASIL)
    unlike = CUSTOMER | {"id": "evt_sale"}

    assert [told for told, _, _ in shown(SALE, other, unlike)] == [True, True, False]


def test_test_mode_is_marked() -> None:
    assert shown(SALE | {"livemode": False}) == [(True, None, "[TEST] Sale €49.00 · Acme Shop")]


def test_plain_output_fits_80_columns_and_says_why_something_is_not_told() -> None:
    long = event("charge.succeeded", charge(description="A very long name " * 7), event_id="evt_long", version=BASIL)
    done = run("-", stdin="\n".join(json.dumps(one) for one in (SALE, INTENT, FREE_INVOICE, long)))

    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "- evt_sale charge.succeeded: told with evt_intent\n" in done.stdout
    assert "- evt_free invoice.paid: nothing_paid\n" in done.stdout
    assert "evt_intent · payment_intent.succeeded · sale · normal\n" in done.stdout


def test_of_many_events_each_sale_is_told_once() -> None:
    clock = [float(AT)]
    shop = SimulatedAccount(
        "acct_1Shop", name="Acme Shop", api_version="2025-09-30.clover", mode=Mode.LIVE, now=lambda: clock[0], seed=1,
        country="US", currency="usd",
    )  # fmt: skip
    sales = 0
    while len(shop.emitted) < 2_000:
        clock[0] += 60
        families.checkout_sale(shop)
        sales += 1
    told = [told for told, _, _ in shown(*(stored.json for stored in shop.emitted))]

    assert sum(told) == sales


def test_neither_stripe_nor_apprise_is_imported() -> None:
    script = (
        "import sys, cashnotifyd.cli.preview\n"
        "sys.exit(sorted({'stripe', 'apprise', 'pydantic', 'aiohttp'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_corpus_is_made_of_events() -> None:
    assert all(event_from_json(one) for one in CORPUS.values())
