from __future__ import annotations

import asyncio

import pytest

from cashnotifyd.permissions import EVENTS, NAME_AND_LOGO, NEEDED
from cashnotifyd.setup import keys
from cashnotifyd.setup.findings import Finding, Verdict
from cashnotifyd.setup.keys import KeyReport, Standing, clock_ahead, examine_key, findings_on, not_asked
from cashnotifyd.simulator.account import PERMISSIONS, SimulatedAccount
from cashnotifyd.simulator.faults import Fault, Garbage, RateLimited, Reset, Stall, Status
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import Failure, OwnAccount, StripeApi, StripeConnections, failure_of
from cashnotifyd.vocabulary import Mode
from tests.running import PATIENCE

FILE_WRITE = NAME_AND_LOGO[1]
REFUSED_ADDRESS = "The API key provided does not allow requests from your IP address (203.0.113.7)."


async def at_once(_: float) -> None:
    pass


@pytest.fixture
def shop(stripe: Simulator) -> SimulatedAccount:
    return stripe.account("acct_1Shop", name="Acme Shop")


class Asking:
    def __init__(self, stripe: Simulator, connections: StripeConnections) -> None:
        self._stripe = stripe
        self._connections = connections

    def api(self, key: str) -> StripeApi:
        return self._connections.account(key, self._stripe.base, at_once)

    async def report(self, key: str) -> KeyReport:
        return await examine_key(self.api(key))


@pytest.fixture
def asking(stripe: Simulator, connections: StripeConnections) -> Asking:
    return Asking(stripe, connections)


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def verdicts(findings: list[Finding]) -> dict[str, Verdict]:
    return {finding.name: finding.verdict for finding in findings}


async def test_a_key_that_may_do_all(shop: SimulatedAccount, asking: Asking) -> None:
    shop.emit("charge.updated", {"id": "ch_1"})
    key = shop.key()

    report = await asking.report(key)

    assert report.failure is None
    assert (report.account.name, report.account.stripe_id) == ("Acme Shop", "acct_1Shop")
    assert report.standings == dict.fromkeys((*NEEDED, *NAME_AND_LOGO), Standing.PRESENT)
    assert len(report.latest) == 1
    findings = findings_on(report, key, Mode.LIVE)
    assert verdicts(findings) == {"key": Verdict.OK, "clock": Verdict.OK}
    assert findings[0].text == "the key works: Acme Shop (acct_1Shop)"


async def test_nothing_is_made_at_stripe_by_asking(shop: SimulatedAccount, asking: Asking) -> None:
    await asking.report(shop.key())

    assert not shop.stored("file_link")
    assert [request.path for request in shop.requests if request.method != "GET"] == ["/v1/file_links"]


@pytest.mark.parametrize("missing", sorted(PERMISSIONS - {EVENTS.slug}))
async def test_each_permission_that_is_missing_is_named(shop: SimulatedAccount, asking: Asking, missing: str) -> None:
    key = shop.key(permissions=PERMISSIONS - {missing})

    report = await asking.report(key)

    assert report.failure is None
    assert report.standings is not None
    assert [one.slug for one, standing in report.standings.items() if standing is not Standing.PRESENT] == [missing]
    warned = by_name(findings_on(report, key, Mode.LIVE)).get("permissions_missing")
    labels = [permission.label for permission in NEEDED if permission.slug == missing]
    assert [label for label in labels if warned and label in warned.text and label in warned.next_step] == labels
    assert (warned is None) == (missing in {permission.slug for permission in NAME_AND_LOGO})


async def test_without_events_nothing_works_and_the_rest_is_known_all_the_same(
    shop: SimulatedAccount, asking: Asking
) -> None:
    key = shop.key(permissions=PERMISSIONS - {EVENTS.slug, FILE_WRITE.slug})

    report = await asking.report(key)

    assert report.standings is not None
    lacking = {one for one, standing in report.standings.items() if standing is Standing.MISSING}
    assert lacking == {EVENTS, FILE_WRITE}
    (finding,) = findings_on(report, key, Mode.LIVE)
    assert (finding.name, finding.verdict) == ("events_missing", Verdict.PROBLEM)
    assert "Events: read" in finding.next_step
    assert report.account == OwnAccount("acct_1Shop", "Acme Shop")


async def test_a_revoked_key_and_a_wrong_one(shop: SimulatedAccount, asking: Asking) -> None:
    revoked = shop.key()
    shop.revoke(revoked)
    for key in (revoked, "rk_live_51Wrong"):
        (finding,) = findings_on(await asking.report(key), key, Mode.LIVE)
        assert (finding.name, finding.verdict) == ("key_refused", Verdict.PROBLEM)
        assert "key-url" in finding.next_step


def test_a_key_that_is_limited_to_other_addresses() -> None:
    failure = failure_of(401, {}, {"message": REFUSED_ADDRESS, "type": "invalid_request_error"})

    (finding,) = findings_on(KeyReport(failure), "rk_live_51X", Mode.LIVE)

    assert finding.name == "key_address"
    assert "203.0.113.7" not in finding.text


async def test_a_full_secret_key_works_with_a_warning(shop: SimulatedAccount, asking: Asking) -> None:
    key = shop.key(full=True)
    findings = findings_on(await asking.report(key), key, Mode.LIVE)
    assert verdicts(findings) == {"key": Verdict.OK, "full_secret_key": Verdict.WARNING, "clock": Verdict.OK}


async def test_events_of_the_other_mode_are_noticed(shop: SimulatedAccount, asking: Asking) -> None:
    shop.emit("charge.updated", {"id": "ch_1"})
    key = shop.key()
    assert "wrong_mode" in verdicts(findings_on(await asking.report(key), key, Mode.TEST))


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (Status(503), "stripe_failing"),
        (Reset(), "stripe_unreachable"),
        (Garbage(), "no_stripe"),
        (RateLimited(), "stripe_busy"),
        (RateLimited(None), "stripe_busy"),
    ],
    ids=repr,
)
async def test_a_stripe_that_does_not_answer_as_it_should(
    shop: SimulatedAccount, asking: Asking, fault: Fault, name: str
) -> None:
    shop.fail(fault)
    (finding,) = findings_on(await asking.report(shop.key()), "rk_live_51X", Mode.LIVE)
    assert (finding.name, finding.verdict, bool(finding.next_step)) == (name, Verdict.PROBLEM, True)


async def test_a_probe_that_fails_leaves_its_permission_unknown(shop: SimulatedAccount, asking: Asking) -> None:
    shop.fail(Status(500), path="/v1/payouts")
    report = await asking.report(shop.key())
    assert report.failure is None
    assert report.standings is not None
    assert {one.label for one, standing in report.standings.items() if standing is Standing.UNKNOWN} == {
        "Payouts: read"
    }


async def test_one_that_never_answers_is_not_waited_for(
    shop: SimulatedAccount, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "PATIENCE", 0.2)
    shop.fail(Stall())
    async with asyncio.timeout(PATIENCE):
        report = await asking.report(shop.key())
    assert isinstance(report.failure, Failure)
    assert "no answer" in report.failure.reason


@pytest.mark.parametrize(
    ("server", "asked", "answered", "ahead"),
    [
        (1000.0, 1000.2, 1000.6, 0.0),
        (1000.0, 999.0, 1001.0, 0.0),
        (1000.0, 1061.0, 1061.3, 60.0),
        (1000.0, 940.0, 940.5, -59.5),
        (1000.0, 900.0, 1900.0, 0.0),
    ],
)
def test_the_clock_is_ahead_only_by_what_is_sure(server: float, asked: float, answered: float, ahead: float) -> None:
    assert clock_ahead(server, asked, answered) == pytest.approx(ahead)


@pytest.mark.parametrize(
    ("ahead", "said"), [(60.0, "60 s ahead of"), (-600.0, "10 min behind"), (3.0, "agrees with"), (-4.0, "agrees with")]
)
def test_a_clock_that_is_wrong_is_told(ahead: float, said: str) -> None:
    found = by_name(findings_on(KeyReport(None, clock=ahead), "rk_live_51X", Mode.LIVE))["clock"]
    assert said in found.text
    assert bool(found.next_step) == (found.verdict is Verdict.WARNING)


def test_what_is_said_without_asking() -> None:
    assert verdicts(not_asked("rk_live_51X")) == {"key": Verdict.UNKNOWN}
    assert verdicts(not_asked("sk_live_51X")) == {"key": Verdict.UNKNOWN, "full_secret_key": Verdict.WARNING}
