"""What messages say beyond their events: with exactly seven permissions, with each of them missing, through faults."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.cursor_file.lives import Sought, State
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.delivery.routing import Channel
from cashnotifyd.lookups.allowance import Budget
from cashnotifyd.lookups.asking import ROUNDS, LookUps, Patience
from cashnotifyd.lookups.cache import Cache
from cashnotifyd.lookups.icons import Icons
from cashnotifyd.lookups.needs import Need, Resource, completed, needs
from cashnotifyd.money import Money
from cashnotifyd.occurrences.reading import Details, Occurrence, Part
from cashnotifyd.permissions import EVENTS, NEEDED
from cashnotifyd.polling.watch import Surroundings, Watch, WatchedKey
from cashnotifyd.simulator import families
from cashnotifyd.simulator.faults import Fault, RateLimited, Slow, Stall, Status
from cashnotifyd.simulator.people import PEOPLE, PRO
from cashnotifyd.simulator.server import Simulator
from cashnotifyd.stripe_api import Failure, StripeApi, StripeConnections
from cashnotifyd.telling.saying import Audience
from cashnotifyd.telling.sorting import HOLD
from cashnotifyd.vocabulary import Kind, Mode
from cashnotifyd.wording.message import Words
from tests import inspecting
from tests.clock import Clock

SEVEN = frozenset(
    f"rak_{name}_read" for name in ("event", "balance", "invoice", "payout", "subscription", "customer", "product")
)
VERSIONS = ["2020-08-27", "2022-11-15", "2025-09-30.clover"]
JENNY = PEOPLE[0]
QUICK = Patience(request=0.02, batch=0.1, further=0.0)


class Scene:
    """A shop, a key of seven permissions, and a watch that has made its first contact."""

    def __init__(self, stripe: Simulator, record: CursorFile, connections: StripeConnections, clock: Clock) -> None:
        self.clock = clock
        self.record = record
        self._stripe = stripe
        self._connections = connections
        self._shops = itertools.count()
        self.channels: tuple[Channel, ...] = (Channel("phone", 1),)
        self.use("2025-09-30.clover", SEVEN)

    def use(self, version: str, permissions: frozenset[str]) -> None:
        """Another shop, whose key has these permissions."""
        self.shop = self._stripe.account(f"acct_1Shop{next(self._shops)}", name="Acme Shop", api_version=version)
        self.key = self.shop.key(permissions=permissions)
        self.watch = self.watching()

    def watching(self, patience: Patience | None = None) -> Watch:
        """A watch as after a start."""

        async def at_once(_seconds: float) -> None:
            """No pause between retries."""

        audience = Audience(Words("en_US", ZoneInfo("UTC")), self.channels)
        around = Surroundings(
            record=self.record,
            audience=lambda: audience,
            configured=lambda: ["shop"],
            now=self.clock,
            rng=random.Random(1),
            beat=lambda _id, _pause: None,
            told=lambda _channels: None,
            icons=Icons(self.record.path.parent / "icons", self._connections.file),
            introduce=lambda _stripe, mine: [mine],
        )
        watched = WatchedKey("shop", self.key, Mode.LIVE, "Acme Shop", 10.0)
        api = self._connections.account(self.key, self._stripe.base, at_once)
        watch = Watch(watched, api, around)
        if patience is not None:
            watch._look_ups = LookUps(api, patience)
        return watch

    async def subscribed(self) -> families.Subscription:
        """A subscriber of long ago; the watch knows the shop by now, and what was asked until then is forgotten."""
        subscribed, self.old_payment = families.subscription_start(self.shop, PRO, person=JENNY, at=self.clock() - 1000)
        await self.watch.poll()
        self.shop.requests.clear()
        self.shop.refused.clear()
        return subscribed

    async def later(self) -> None:
        """Time enough for all that belongs to what just happened to be seen, and a poll."""
        self.clock.now += HOLD + families.CAPTURE_DELAY
        await self.watch.poll()

    def messages(self) -> list[tuple[str, str]]:
        put = inspecting.outbox(self.record.path)
        return [(one.title, one.body) for one in put if one.state == "waiting" and one.kind != "watch"]

    def alerts(self) -> list[tuple[str, str]]:
        return [(one.title, one.body) for one in inspecting.told(self.record.path, "watch")][1:]

    def looked_up(self) -> Counter[str]:
        """How often each sort of object was asked for."""
        paths = [request.path.split("/")[2] for request in self.shop.requests]
        return Counter(path for path in paths if path not in ("events", "account"))

    def reads_on_record(self) -> int:
        return inspecting.reads(self.record.path)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CursorFile]:
    record = CursorFile.open(tmp_path / "cursor.db")
    yield record
    record.close()


@pytest.fixture
async def scene(record: CursorFile) -> AsyncIterator[Scene]:
    clock = Clock()
    connections = StripeConnections()
    async with Simulator(now=clock) as stripe:
        yield Scene(stripe, record, connections, clock)
    await connections.close()


# With all that is needed


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_renewal_tells_all_that_seven_permissions_let_it(scene: Scene, version: str) -> None:
    scene.use(version, SEVEN)
    subscribed = await scene.subscribed()

    families.renewal(scene.shop, subscribed)
    await scene.later()

    (title, body), *others = scene.messages()
    assert not others
    assert title == "Renewal $29.00 · Acme Shop"
    for line in ("Jenny Rosen, jenny.rosen@example.com, United States", "For Pro plan", "Fee $1.14, net $27.86"):
        assert line in body.splitlines(), body
    assert scene.alerts() == []
    assert scene.shop.refused == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_only_the_seven_are_ever_asked_for(scene: Scene, version: str) -> None:
    scene.use(version, SEVEN)
    subscribed = await scene.subscribed()
    told = len(scene.shop.emitted)
    families.checkout_sale(scene.shop)
    families.charge_sale(scene.shop)
    families.failed_payment(scene.shop)
    payment = families.renewal(scene.shop, subscribed)
    families.refund(scene.shop, payment, amount=500)
    families.dispute(scene.shop, payment)
    families.payout_failed(scene.shop, families.payout_created(scene.shop))
    families.cancellation(scene.shop, subscribed)
    await scene.later()

    assert len(scene.shop.emitted) > told
    assert len(scene.messages()) == 9
    assert scene.shop.refused == []
    assert set(scene.looked_up()) <= {
        "balance_transactions", "customers", "invoice_payments", "invoices", "products", "payouts", "subscriptions",
    }  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_payment_without_its_invoices_event_finds_it(scene: Scene, version: str) -> None:
    scene.use(version, SEVEN)
    subscribed = await scene.subscribed()
    before = len(scene.shop.emitted)
    families.renewal(scene.shop, subscribed)
    for stored in scene.shop.emitted[before:]:
        if stored.type.startswith("invoice"):
            scene.shop._events.remove(stored)

    await scene.later()

    ((title, body),) = scene.messages()
    assert title == "Renewal $29.00 · Acme Shop"
    assert "For Pro plan" in body.splitlines()


@pytest.mark.parametrize(
    ("id_", "segment"),
    [
        ("cus_/../../v1/payouts/po_1/cancel?x#y", "cus_%2F..%2F..%2Fv1%2Fpayouts%2Fpo_1%2Fcancel%3Fx%23y"),
        ("gold+plan@example.org", "gold%2Bplan%40example.org"),
        ("100%2F", "100%252F"),
        ("v1.5", "v1.5"),
        ("..", "-"),
        (".", "-"),
    ],
)
def test_an_id_is_one_step_of_a_path(id_: str, segment: str) -> None:
    details = Details(payout_id=id_, customer_id=id_)
    lacking = Occurrence(kind=Kind.PAYOUT, created=1, types=frozenset(), details=details)

    assert f"/v1/customers/{segment}" in {need.path for need in needs(lacking, {})}


async def test_a_dispute_names_customer_and_product(scene: Scene) -> None:
    subscribed = await scene.subscribed()
    payment = families.renewal(scene.shop, subscribed)
    await scene.later()
    families.dispute(scene.shop, payment)
    await scene.later()

    title, body = scene.messages()[-1]
    assert title == "Dispute $29.00 · Acme Shop"
    assert "Jenny Rosen, jenny.rosen@example.com, United States" in body
    assert "For Pro plan" in body.splitlines()


async def test_a_new_subscription_names_customer_and_product(scene: Scene) -> None:
    await scene.watch.poll()
    families.subscription_start(scene.shop, PRO, person=JENNY)
    await scene.later()

    (body,) = [body for title, body in scene.messages() if title.startswith("New subscription")]
    assert "Jenny Rosen, jenny.rosen@example.com, United States" in body
    assert "For Pro plan" in body.splitlines()


async def test_what_is_settled_in_another_currency_says_at_which_rate(scene: Scene) -> None:
    await scene.watch.poll()
    families.charge_sale(scene.shop, amount=10000, currency="eur")
    await scene.later()

    ((_, body),) = scene.messages()
    assert "$109.00 at a rate of 1.09" in body.splitlines()
    assert "Fee $3.47, net $105.53" in body.splitlines()


# The late fee


async def test_a_late_fee_is_waited_for(scene: Scene) -> None:
    await scene.watch.poll()
    families.charge_sale(scene.shop, amount=4900)

    assert await scene.watch.poll() <= HOLD
    assert scene.messages() == []
    scene.clock.now += families.CAPTURE_DELAY
    await scene.watch.poll()

    ((_, body),) = scene.messages()
    assert "Fee $1.72, net $47.28" in body.splitlines()


async def test_a_fee_that_does_not_come_is_not_waited_for_long(scene: Scene) -> None:
    await scene.watch.poll()
    families.charge_sale(scene.shop, amount=4900)
    scene.shop._events = [stored for stored in scene.shop._events if stored.type != "charge.updated"]

    await scene.later()

    ((title, body),) = scene.messages()
    assert title == "Sale $49.00 · Acme Shop"
    assert "Fee" not in body


async def test_a_fee_that_comes_too_late_is_not_told(scene: Scene) -> None:
    await scene.watch.poll()
    families.charge_sale(scene.shop, amount=4900)
    late = [stored for stored in scene.shop._events if stored.type == "charge.updated"]
    scene.shop._events = [stored for stored in scene.shop._events if stored.type != "charge.updated"]
    await scene.later()
    scene.shop._events.extend(late)
    await scene.later()

    assert len(scene.messages()) == 1


async def test_a_fee_of_what_happened_before_is_not_told(scene: Scene) -> None:
    families.charge_sale(scene.shop, amount=4900)
    await scene.watch.poll()
    await scene.later()

    assert scene.messages() == []
    events = await scene.record.events(Sought(), None, 100)
    untold = [(event.type, event.reason) for event in events if event.state is State.UNTOLD]
    assert untold == [("charge.updated", "nothing_new")]


# What may not be read


LACKING = {
    "rak_balance_read": "Fee",
    "rak_product_read": "For Pro plan",
    "rak_customer_read": "jenny.rosen@example.com",
}


@pytest.mark.parametrize("lacking", sorted(SEVEN - {"rak_event_read"}))
@pytest.mark.parametrize("version", ["2020-08-27", "2025-09-30.clover"])
async def test_a_missing_permission_makes_a_message_poorer_and_is_told_once(
    scene: Scene, version: str, lacking: str
) -> None:
    scene.use(version, SEVEN - {lacking})
    subscribed = await scene.subscribed()

    for _ in range(3):
        families.renewal(scene.shop, subscribed)
        families.dispute(scene.shop, scene.old_payment)  # which is not on record, so that its invoice is asked for
        families.subscription_start(scene.shop, PRO, person=JENNY)
        await scene.later()
    scene.watch = scene.watching()
    families.renewal(scene.shop, subscribed)
    await scene.later()

    titles = Counter(title for title, _ in scene.messages())
    assert titles["Renewal $29.00 · Acme Shop"] == 4
    assert titles["Dispute $29.00 · Acme Shop"] == 3
    needed = lacking not in ("rak_payout_read", "rak_subscription_read")
    assert len(scene.alerts()) == needed
    if needed:
        title, body = scene.alerts()[0]
        assert title == "Messages could say more · Acme Shop"
        assert lacking in body


@pytest.mark.parametrize("lacking", LACKING)
async def test_what_is_lacking_is_what_the_alert_says(scene: Scene, lacking: str) -> None:
    scene.use("2020-08-27", SEVEN - {lacking})
    await scene.watch.poll()
    families.subscription_start(scene.shop, PRO, person=JENNY)
    await scene.later()

    started = next(body for title, body in scene.messages() if title.startswith("New subscription"))
    sale = next(body for title, body in scene.messages() if title.startswith("Sale"))
    told = sale if lacking == "rak_balance_read" else started
    assert LACKING[lacking] not in told
    assert all(line in told + sale for name, line in LACKING.items() if name != lacking)


async def test_a_refused_resource_is_not_asked_again_until_somebody_may_have_mended_it(scene: Scene) -> None:
    scene.use("2020-08-27", SEVEN - {"rak_balance_read"})
    await scene.watch.poll()
    for _ in range(5):
        families.charge_sale(scene.shop)
        await scene.later()
    assert scene.looked_up()["balance_transactions"] == 1

    scene.shop.grant(scene.key, SEVEN)
    scene.watch.wake()
    families.charge_sale(scene.shop, amount=4900)
    await scene.later()

    assert "Fee $1.72, net $47.28" in scene.messages()[-1][1]
    assert len(scene.alerts()) == 1
    scene.shop.grant(scene.key, SEVEN - {"rak_balance_read"})
    families.charge_sale(scene.shop)
    await scene.later()
    assert len(scene.alerts()) == 2


async def test_many_at_once_ask_a_refused_resource_once(scene: Scene) -> None:
    scene.use("2020-08-27", SEVEN - {"rak_balance_read"})
    await scene.watch.poll()
    for _ in range(30):
        families.charge_sale(scene.shop)
    await scene.later()

    assert scene.looked_up() == {"balance_transactions": 1}


async def test_a_poorer_key_is_not_said_to_work_again(scene: Scene) -> None:
    scene.use("2020-08-27", SEVEN - {"rak_balance_read"})
    await scene.watch.poll()
    families.charge_sale(scene.shop)
    for _ in range(3):
        await scene.later()

    assert [title for title, _ in scene.alerts()] == ["Messages could say more · Acme Shop"]


# What is slow or fails


@pytest.mark.parametrize("fault", [Stall(), Status(500), RateLimited(), Slow(0.05)], ids=repr)
@pytest.mark.parametrize("sort", ["balance_transactions", "products", "customers", "*"])
async def test_a_look_up_that_comes_to_nothing_costs_particulars_alone(
    scene: Scene, fault: Fault, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed = await scene.subscribed()
    look_up = StripeApi.look_up

    async def waiting_for_the_others(
        api: StripeApi, path: str, parameters: Iterable[tuple[str, str]]
    ) -> dict[str, Any] | Failure:
        async with asyncio.timeout(QUICK.request if path.split("/")[2] == sort else None):
            return await look_up(api, path, parameters)

    if sort == "*":
        scene.watch._look_ups = scene.watching(QUICK)._look_ups
    else:
        monkeypatch.setattr(StripeApi, "look_up", waiting_for_the_others)
    for resource in ("balance_transactions", "products", "customers", "invoices", "invoice_payments"):
        if sort in (resource, "*"):
            scene.shop.fail(fault, path=f"/v1/{resource}*")
    families.renewal(scene.shop, subscribed)
    await scene.later()

    ((title, body),) = scene.messages()
    assert title == "Renewal $29.00 · Acme Shop"
    assert "Jenny Rosen" in body
    assert ("Fee" in body) == (sort not in ("balance_transactions", "*"))
    assert scene.alerts() == []


async def test_a_stripe_that_fails_is_left_alone_soon(scene: Scene) -> None:
    scene.use("2020-08-27", SEVEN)
    await scene.watch.poll()
    for _ in range(50):
        families.charge_sale(scene.shop)
    scene.shop.fail(Status(500), path="/v1/balance_transactions/*")
    await scene.later()

    assert len(scene.messages()) == 50
    # Three in a row, twice each, and those under way beside them; aiohttp may ask once more on a kept connection.
    assert scene.looked_up()["balance_transactions"] <= 16


@pytest.mark.parametrize("seconds", [60, -86_400])
async def test_a_stripe_that_failed_is_asked_again_after_a_minute(scene: Scene, seconds: int) -> None:
    """Or when the clock is set back: that minute must not last until the clock is as far again."""
    scene.use("2020-08-27", SEVEN)
    await scene.watch.poll()
    scene.shop.fail(Status(500), path="/v1/balance_transactions/*")
    for _ in range(5):
        families.charge_sale(scene.shop)
    await scene.later()
    scene.shop.mend()
    scene.shop.requests.clear()
    families.charge_sale(scene.shop)
    await scene.later()
    assert scene.looked_up().total() == 0

    scene.clock.now += seconds
    families.charge_sale(scene.shop, amount=4900)
    await scene.later()
    assert "Fee $1.72, net $47.28" in scene.messages()[-1][1]


async def test_what_is_gone_is_asked_for_once(scene: Scene) -> None:
    subscribed = await scene.subscribed()
    del scene.shop._objects["product"]
    for _ in range(2):
        families.renewal(scene.shop, subscribed)
        await scene.later()

    assert scene.looked_up()["products"] == 1
    assert all("For 1 × Pro plan" in body for _, body in scene.messages())  # noqa: RUF001 (Stripe's sign)


# What it costs


async def test_the_same_product_and_customer_are_not_read_again(scene: Scene) -> None:
    subscribed = await scene.subscribed()
    for _ in range(3):
        families.renewal(scene.shop, subscribed)
        await scene.later()

    assert len(scene.messages()) == 3
    assert scene.looked_up() == {"balance_transactions": 3, "products": 1}


async def test_a_product_is_read_again_after_some_hours(scene: Scene) -> None:
    subscribed = await scene.subscribed()
    families.renewal(scene.shop, subscribed)
    await scene.later()
    scene.clock.now += 7 * 3600
    families.renewal(scene.shop, subscribed)
    await scene.later()

    assert scene.looked_up()["products"] == 2


async def test_every_request_is_on_record(scene: Scene) -> None:
    subscribed = await scene.subscribed()
    before = scene.reads_on_record()
    families.renewal(scene.shop, subscribed)
    await scene.later()

    assert scene.reads_on_record() - before == len(scene.shop.requests)
    assert scene.looked_up().total() == 2


async def test_a_bulk_of_old_sales_takes_what_the_allowance_carries_and_no_more(scene: Scene) -> None:
    scene.use("2020-08-27", SEVEN)
    await scene.watch.poll()
    for number in range(500):
        families.charge_sale(scene.shop, at=scene.clock() + number)
    scene.clock.now += 3600
    await scene.watch.poll()

    assert len(scene.messages()) == 500
    assert scene.looked_up().total() == Budget().capacity // 2
    scene.shop.requests.clear()
    families.charge_sale(scene.shop, amount=4900)
    await scene.later()
    assert "Fee $1.72, net $47.28" in scene.messages()[-1][1]


async def test_what_nobody_hears_of_is_not_looked_up(scene: Scene) -> None:
    await scene.watch.poll()
    scene.shop.emit("topup.canceled", {"id": "tu_1", "object": "topup", "balance_transaction": "txn_1"})
    families.customer_created(scene.shop)
    await scene.later()

    assert scene.looked_up().total() == 0


async def test_a_connected_accounts_objects_are_not_asked_for_with_ours(scene: Scene) -> None:
    scene.use("2020-08-27", SEVEN)
    await scene.watch.poll()
    families.charge_sale(scene.shop)
    scene.shop.emitted[-1].json["account"] = "acct_1Connected"
    await scene.later()

    assert len(scene.messages()) == 1
    assert scene.looked_up().total() == 0


async def test_an_account_that_its_own_events_name_is_not_a_connected_one(scene: Scene) -> None:
    scene.use("2020-08-27", SEVEN)
    await scene.watch.poll()
    families.charge_sale(scene.shop)
    scene.shop.emitted[-1].json["account"] = scene.shop.id
    await scene.later()

    assert len(scene.messages()) == 1
    assert scene.looked_up().total() > 0


# Decisions


def occurrence(kind: Kind, lacks: frozenset[Part] = frozenset(), **details: Any) -> Occurrence:  # noqa: ANN401 (of any field)
    return Occurrence(kind=kind, created=1, types=frozenset(), details=Details(**details), lacks=lacks)


@pytest.mark.parametrize(
    ("known", "paths"),
    [
        (occurrence(Kind.SALE), []),
        (occurrence(Kind.SALE, balance_transaction_id="txn_1"), ["/v1/balance_transactions/txn_1"]),
        (occurrence(Kind.SALE, balance_transaction_id="txn_1", net=Money(1, "usd")), []),
        (occurrence(Kind.SALE, customer_id="cus_1"), ["/v1/customers/cus_1"]),
        (occurrence(Kind.SALE, customer_id="cus_1", customer_email="a@b", customer_country="FR"), []),
        (occurrence(Kind.CUSTOMER, customer_id="cus_1"), []),
        (occurrence(Kind.SALE, payment_intent_id="pi_1", customer_email="a@b"), []),
        (occurrence(Kind.SALE, frozenset({Part.BILL}), invoice_id="in_1"), ["/v1/invoices/in_1"]),
        (occurrence(Kind.SALE, frozenset({Part.BILL}), payment_intent_id="pi_1"), ["/v1/invoice_payments"]),
        (occurrence(Kind.REFUND, invoice_id="in_1"), ["/v1/invoices/in_1"]),
        (occurrence(Kind.DISPUTE, payment_intent_id="pi_1"), ["/v1/invoice_payments"]),
        (occurrence(Kind.REFUND, payment_intent_id="pi_1", customer_email="a@b"), []),
        (occurrence(Kind.SALE, subscription_id="sub_1"), ["/v1/subscriptions/sub_1"]),
        (occurrence(Kind.SALE, subscription_id="sub_1", what="Pro"), []),
        (occurrence(Kind.SALE, product_ids=("prod_1", "prod_2")), ["/v1/products/prod_1"]),
        (occurrence(Kind.PAYOUT, payout_id="po_1"), ["/v1/payouts/po_1"]),
        (occurrence(Kind.PAYOUT, payout_id="po_1", arrives=5), []),
    ],
)
def test_only_what_is_missing_is_asked_for(known: Occurrence, paths: list[str]) -> None:
    assert [need.path for need in needs(known, {})] == paths
    assert needs(known, dict.fromkeys(needs(known, {}))) == []


def test_several_products_are_called_by_the_dearest() -> None:
    known = occurrence(Kind.SALE, product_ids=("prod_1", "prod_2", "prod_3"), what="1 × A (at $9 / month) (+2)")  # noqa: RUF001 (Stripe's sign)
    (need,) = needs(known, {})

    assert completed(known, {need: {"name": "A"}}).details.what == "A (+2)"


def test_things_that_no_event_lists_are_counted_as_well() -> None:
    known = occurrence(Kind.SALE, product_ids=("prod_1", "prod_2"), things=14, what="Ink (+13)")
    (need,) = needs(known, {})

    assert completed(known, {need: {"name": "Paper"}}).details.what == "Paper (+13)"


FIELDS = st.sampled_from(
    ["id", "object", "data", "invoice", "customer", "lines", "amount", "currency", "fee", "net", "exchange_rate",
     "items", "price", "plan", "product", "parent", "subscription", "payments", "payment", "email", "address", "name",
     "country", "pricing", "price_details", "subscription_item_details", "type", "number", "arrival_date",
     "billing_reason"]
)  # fmt: skip
JUNK: list[Any] = [{}, {"data": 5}, {"data": [None, {"invoice": 7}]}, {"name": [], "fee": "1", "lines": {"data": [3]}}]


@pytest.mark.parametrize("junk", JUNK, ids=json.dumps)
def test_answers_that_make_no_sense_change_nothing(junk: dict[str, Any]) -> None:
    known = occurrence(
        Kind.DISPUTE,
        balance_transaction_id="txn_1",
        payment_intent_id="pi_1",
        invoice_id="in_1",
        customer_id="cus_1",
        subscription_id="sub_1",
        product_ids=None,
    )
    answers: dict[Need, Any] = {}
    while wanted := needs(known, answers):
        answers.update(dict.fromkeys(wanted, junk))

    assert completed(known, answers).details.customer_name is None
    assert completed(known, answers).details.fee is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(FIELDS, below, max_size=6),
    max_leaves=12,
)


@given(
    answer=st.dictionaries(FIELDS, JSON, max_size=8),
    kind=st.sampled_from([Kind.SALE, Kind.FAILED_PAYMENT, Kind.DISPUTE, Kind.PAYOUT]),
    details=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            (
                "balance_transaction_id",
                "payment_intent_id",
                "invoice_id",
                "customer_id",
                "subscription_id",
                "payout_id",
            ),
            st.just("x_1"),
        ),
    ),
)
def test_no_answer_trips_us_or_makes_us_ask_for_ever(
    answer: dict[str, Any], kind: Kind, details: dict[str, str]
) -> None:
    known = occurrence(kind, frozenset({Part.BILL}), **details)
    answers: dict[Need, Any] = {}
    rounds = 0
    while wanted := needs(known, answers):
        answers.update(dict.fromkeys(wanted, answer))
        rounds += 1

    assert rounds <= ROUNDS
    completed(known, answers)


def test_what_is_looked_up_is_what_a_key_is_asked_to_allow() -> None:
    assert set(Resource) == {permission.slug for permission in NEEDED} - {EVENTS.slug}


def test_the_least_used_answer_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashnotifyd.lookups.cache._MOST", 2)
    cache, needed = Cache(), [Need(Resource.PRODUCT, f"/v1/products/{n}") for n in range(3)]
    for need in needed[:2]:
        cache.keep(need, {}, 0.0)
    cache.answer(needed[0])
    cache.keep(needed[2], {}, 0.0)

    assert [cache.known(need, 1.0) for need in needed] == [True, False, True]


# For a digest


DIGEST = Channel("mail", 1, events=("dispute",), has_digest=True)


def takings(scene: Scene) -> list[tuple[int | None, int | None, str | None]]:
    return [(one.fee, one.net, one.settled_in) for one in inspecting.told(scene.record.path, "sale")]


async def first_contact(scene: Scene, *channels: Channel) -> None:
    scene.channels = channels
    scene.use(VERSIONS[-1], SEVEN)
    await scene.watch.poll()
    scene.shop.requests.clear()


async def test_the_fee_of_what_only_a_digest_counts_is_looked_up_and_nothing_else(scene: Scene) -> None:
    await first_contact(scene, DIGEST)
    families.checkout_sale(scene.shop, amount=4900)
    await scene.later()

    ((fee, net, currency),) = takings(scene)
    assert fee is not None
    assert net == 4900 - fee
    assert currency == "usd"
    assert scene.looked_up() == {"balance_transactions": 1}


async def test_without_a_digest_it_is_not(scene: Scene) -> None:
    await first_contact(scene, replace(DIGEST, has_digest=False))
    families.checkout_sale(scene.shop, amount=4900)
    await scene.later()
    assert takings(scene) == [(None, None, None)]
    assert scene.looked_up() == {}


async def test_a_booking_that_comes_after_the_message_is_looked_up_for_the_digest(scene: Scene) -> None:
    await first_contact(scene, Channel("phone", 1, has_digest=True))
    families.charge_sale(scene.shop, amount=4900)
    events = scene.shop._events
    (late,) = (number for number, event in enumerate(events) if event.json["type"] == "charge.updated")
    events[late] = replace(events[late], visible_at=scene.clock() + 60)
    await scene.later()
    assert takings(scene) == [(None, None, None)]
    scene.shop.requests.clear()

    scene.clock.now += 60
    await scene.later()
    ((fee, net, _),) = takings(scene)
    assert fee is not None
    assert net == 4900 - fee
    assert scene.looked_up() == {"balance_transactions": 1}
    assert len(scene.messages()) == 1
