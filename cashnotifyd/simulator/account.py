"""One simulated Stripe account in one mode: its keys, its events, its objects, its scripted faults.

An account of Stripe in live and in test mode is two of these with the same ``acct_…``.
"""

from __future__ import annotations

import copy
import hashlib
import random
import string
from bisect import insort
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from cashnotifyd.simulator.faults import Fault, ScriptedFault
from cashnotifyd.simulator.listing import position
from cashnotifyd.simulator.weather import MIX, Weather
from cashnotifyd.vocabulary import Mode

Json = dict[str, Any]

RETENTION = 30 * 86_400
"""Seconds that Stripe lists an event for."""

PERMISSIONS = frozenset(
    {
        "rak_balance_read",
        "rak_connected_account_read",
        "rak_customer_read",
        "rak_event_read",
        "rak_file_write",
        "rak_invoice_read",
        "rak_payout_read",
        "rak_product_read",
        "rak_subscription_read",
    }
)
"""Every permission that the simulator asks for."""

_BASE62 = string.digits + string.ascii_letters


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it came in. ``at`` is a time of the simulator's clock; ``key_last4`` is None without a key."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    key_last4: str | None
    at: float


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event and when it can first be listed, in seconds of the simulator's clock."""

    id: str
    type: str
    created: int
    visible_at: float
    json: Json


@dataclass(slots=True)
class _Key:
    permissions: frozenset[str] | None
    """None: a secret key, which may do everything."""
    revoked: bool = False


class SimulatedAccount:
    """What one merchant has at Stripe. The same ``seed`` makes the same ids, names and amounts."""

    def __init__(  # noqa: PLR0913 (what an account is)
        self,
        stripe_id: str,
        *,
        name: str,
        api_version: str,
        mode: Mode,
        now: Callable[[], float],
        seed: int = 0,
        country: str = "US",
        currency: str = "usd",
    ) -> None:
        self.id = stripe_id
        self.name = name
        self.api_version = api_version
        self.mode = mode
        self.country = country
        self.currency = currency
        self.now = now
        self.random = random.Random(f"{seed} {stripe_id} {mode}")  # noqa: S311 (made-up data, to be repeatable)
        self.created = int(now()) - 2 * 365 * 86_400
        self.lateness: Callable[[], float] = lambda: 0.0
        """Further seconds until an event can be listed, asked for each: tears families apart over several polls."""
        self.requests: list[RecordedRequest] = []
        self.refused: list[RecordedRequest] = []
        """Those of the requests that Stripe's own rules refused; scripted faults are not among them."""
        self.icon: bytes | None = None
        """The image that the merchant chose in the dashboard's branding settings."""
        self.emitted: list[StoredEvent] = []
        """Every event in the order it was emitted in, visible or not."""
        self._keys: dict[str, _Key] = {}
        self._events: list[StoredEvent] = []
        self._events_by_id: dict[str, StoredEvent] = {}
        self._objects: dict[str, dict[str, Json]] = {}
        self._faults: list[ScriptedFault] = []
        self._weather: Weather | None = None
        self._links: dict[str, bytes] = {}

    @property
    def livemode(self) -> bool:
        """Stripe's name for the mode."""
        return self.mode is Mode.LIVE

    def new_id(self, prefix: str, length: int = 23) -> str:
        """An id that looks like Stripe's: ``prefix`` (``ch_3``, ``evt_1``) and ``length`` random characters."""
        return prefix + "".join(self.random.choices(_BASE62, k=length))

    # Keys

    def key(self, *, permissions: Collection[str] = PERMISSIONS, full: bool = False) -> str:
        """A fresh restricted key with these permissions, or a full secret key."""
        kind = "sk" if full else "rk"
        key = self.new_id(f"{kind}_{self.mode}_51", 96)
        self._keys[key] = _Key(None if full else frozenset(permissions))
        return key

    def grant(self, key: str, permissions: Collection[str]) -> None:
        """Give a restricted key these permissions and no others, as its owner can in Stripe's dashboard."""
        self._keys[key].permissions = frozenset(permissions)

    def revoke(self, key: str) -> None:
        """Make a key worthless; Stripe then calls it expired."""
        self._keys[key].revoked = True

    def restore(self, key: str) -> None:
        """Take :meth:`revoke` back."""
        self._keys[key].revoked = False

    def has_key(self, key: str) -> bool:
        """Whether the key was ever given out here."""
        return key in self._keys

    def is_revoked(self, key: str) -> bool:
        """Whether a key of this account is revoked."""
        return self._keys[key].revoked

    def allows(self, key: str, permission: str) -> bool:
        """Whether a key of this account carries a permission."""
        held = self._keys[key].permissions
        return held is None or permission in held

    # Events

    def emit(
        self,
        type: str,  # noqa: A002 (Stripe's field)
        obj: Json,
        *,
        created: float | None = None,
        visible_in: float = 0.0,
        previous: Json | None = None,
        event_id: str | None = None,
    ) -> Json:
        """Append an event about a copy of ``obj``; answer it as the API renders it.

        ``created`` is when it happened (default: now), ``visible_in`` how many seconds from now it can be listed: late
        arrivals are what defeats pollers. ``previous`` are the ``previous_attributes``.
        """
        now = self.now()
        data: Json = {"object": copy.deepcopy(obj)}
        if previous is not None:
            data["previous_attributes"] = copy.deepcopy(previous)
        # Stripe numbers what belongs to a payment with a 3, and everything else with a 1.
        family = "evt_3" if type.startswith(("charge.", "payment_intent.", "refund.")) else "evt_1"
        happened = int(now if created is None else created)
        event: Json = {
            "id": event_id or self.new_id(family),
            "object": "event",
            "api_version": self.api_version,
            "created": happened,
            "data": data,
            "livemode": self.livemode,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": type,
        }
        stored = StoredEvent(event["id"], type, happened, now + visible_in + self.lateness(), event)
        insort(self._events, stored, key=position)
        self._events_by_id[stored.id] = stored
        self.emitted.append(stored)
        return event

    def visible_events(self) -> list[StoredEvent]:
        """What can be listed now, newest first."""
        now = self.now()
        oldest = now - RETENTION
        return [event for event in reversed(self._events) if event.visible_at <= now and event.created >= oldest]

    def find_event(self, event_id: str) -> StoredEvent | None:
        """An event by id, aged out or not, once it is visible."""
        event = self._events_by_id.get(event_id)
        return event if event is not None and event.visible_at <= self.now() else None

    def is_aged_out(self, event: StoredEvent) -> bool:
        """Whether Stripe no longer keeps the event."""
        return event.created < self.now() - RETENTION

    # Objects

    def store(self, obj: Json) -> Json:
        """Keep a copy of an object's present state for GET; answer ``obj``."""
        self._objects.setdefault(obj["object"], {})[obj["id"]] = copy.deepcopy(obj)
        return obj

    def find(self, kind: str, object_id: str) -> Json | None:
        """The stored object of a kind in Stripe's words (``customer``)."""
        return self._objects.get(kind, {}).get(object_id)

    def stored(self, kind: str) -> list[Json]:
        """Every stored object of a kind, newest first."""
        return sorted(self._objects.get(kind, {}).values(), key=lambda o: (o["created"], o["id"]), reverse=True)

    @property
    def icon_file(self) -> str | None:
        """The id of the icon's file."""
        return None if self.icon is None else f"file_1{hashlib.sha256(self.icon).hexdigest()[:23]}"

    def link(self, file_id: str, base: str) -> Json | None:
        """A public link to a file, below ``base``; None where there is no such file."""
        if self.icon is None or file_id != self.icon_file:
            return None
        path = f"/links/{self.new_id('', 40)}"
        self._links[path] = self.icon
        return self.store(
            {
                "id": self.new_id("link_1"),
                "object": "file_link",
                "created": int(self.now()),
                "expired": False,
                "expires_at": None,
                "file": file_id,
                "livemode": self.livemode,
                "metadata": {},
                "url": base + path,
            }
        )

    def linked(self, path: str) -> bytes | None:
        """The file behind a public link."""
        return self._links.get(path)

    def itself(self) -> Json:
        """The account object, as its own key reads it."""
        return {
            "id": self.id,
            "object": "account",
            "business_profile": {
                "mcc": "5734",
                "name": self.name,
                "product_description": None,
                "support_address": None,
                "support_email": None,
                "support_phone": None,
                "support_url": None,
                "url": "https://acme.example",
            },
            "business_type": "company",
            "capabilities": {"card_payments": "active", "transfers": "active"},
            "charges_enabled": True,
            "controller": {"type": "account"},
            "country": self.country,
            "created": self.created,
            "default_currency": self.currency,
            "details_submitted": True,
            "email": "owner@acme.example",
            "metadata": {},
            "payouts_enabled": True,
            "settings": {
                "branding": {"icon": self.icon_file, "logo": None, "primary_color": None, "secondary_color": None},
                "dashboard": {"display_name": self.name, "timezone": "Etc/UTC"},
                "payments": {"statement_descriptor": self.name.upper()[:22]},
                "payouts": {"debit_negative_balances": True, "schedule": {"delay_days": 2, "interval": "daily"}},
            },
            "type": "standard",
        }

    # Faults

    def fail(
        self, fault: Fault, *, times: int | None = None, seconds: float | None = None, path: str = "/v1/*"
    ) -> None:
        """Answer requests with a fault: the next ``times`` of them, or for ``seconds``, or until :meth:`mend`.

        ``path`` is a glob. Faults strike in the order they were scripted in, one a request.
        """
        until = None if seconds is None else self.now() + seconds
        self._faults.append(ScriptedFault(fault, times, until, path))

    def weather(self, seed: int, mix: Sequence[Fault] = MIX) -> None:
        """Let faults of the ``mix`` come and go, until :meth:`mend`. What is scripted strikes first."""
        self._weather = Weather(seed, mix)

    def mend(self) -> None:
        """Take back every fault."""
        self._faults.clear()
        self._weather = None

    def next_fault(self, path: str) -> Fault | None:
        """The fault that a request to ``path`` meets now; counts it."""
        now = self.now()
        self._faults = [scripted for scripted in self._faults if not scripted.spent(now)]
        scripted = next((each for each in self._faults if each.strikes(path, now)), None)
        if scripted is None:
            return None if self._weather is None else self._weather.next()
        if scripted.times is not None:
            scripted.times -= 1
        return scripted.fault
