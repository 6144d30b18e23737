"""Events of every type that Stripe's library names, their objects made from its type annotations.

The newest shapes, with what the types allow: everything there, everything optional null, or some of each.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from random import Random
from types import ModuleType
from typing import Any, Final, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe import _event, _object_classes
from stripe._stripe_object import UntypedStripeObject

Json = dict[str, Any]

VERSION: Final = stripe.api_version
NOW: Final = 1795525380
_DEPTH: Final = 6
_LISTS_DEPTH: Final = 2
_ID: Final = "1Synth0etic"

_OBJECTS: Final = {
    "account.application": "application",
    "account.external_account": "bank_account",
    "application_fee.refund": "fee_refund",
    "balance_settings": "balance_settings",
    "billing.credit_balance_transaction": "billing.credit_balance_transaction",
    "cash_balance": "cash_balance",
    "charge.dispute": "dispute",
    "charge.refund": "refund",
    "customer.bank_account": "bank_account",
    "customer.card": "card",
    "customer.discount": "discount",
    "customer.source": "card",
    "customer.subscription": "subscription",
    "customer.tax_id": "tax_id",
    "customer_cash_balance_transaction": "customer_cash_balance_transaction",
    "sigma.scheduled_query_run": "scheduled_query_run",
    "source.transaction": "source_transaction",
    "test_helpers.test_clock": "test_helpers.test_clock",
}
"""The object of a type whose beginning does not name it."""

_PREFIXES: Final = {
    "Account": "acct", "BalanceTransaction": "txn", "BankAccount": "ba", "Card": "card", "Charge": "ch",
    "Customer": "cus", "Dispute": "du", "Invoice": "in", "InvoiceItem": "ii", "PaymentIntent": "pi",
    "PaymentMethod": "pm", "Payout": "po", "Plan": "plan", "Price": "price", "Product": "prod", "Refund": "re",
    "SetupIntent": "seti", "Subscription": "sub", "SubscriptionItem": "si", "TestClock": "clock", "Transfer": "tr",
}  # fmt: skip


def event_types() -> list[str]:
    """Every type in the annotation of ``stripe.Event.type``."""
    return sorted(get_args(_event.Event.__annotations__["type"]))


def event(event_type: str, variant: int) -> Json:
    """An event of a type. Variant 0 has all that can be there, 1 only what must, those after it some of the rest."""
    maker = _Maker(Random(f"{event_type} {variant}"), {0: 0.0, 1: 1.0}.get(variant, 0.4))
    thing = maker.instance(_resource(event_type), 0)
    data: Json = {"object": thing}
    if event_type.endswith(".updated"):
        previous = maker.instance(_resource(event_type), 0)
        data["previous_attributes"] = {key: previous[key] for key in sorted(previous)[:3]}
    return {
        "id": f"evt_{_ID}{variant}",
        "object": "event",
        "type": event_type,
        "api_version": VERSION,
        "created": NOW,
        "livemode": variant % 2 == 0,
        "pending_webhooks": 1,
        "request": {"id": f"req_{_ID}", "idempotency_key": None},
        "data": data,
    }


@cache
def _resource(event_type: str) -> type:
    """The class of the object that events of a type carry."""
    words = event_type.split(".")
    for length in range(len(words) - 1, 0, -1):
        beginning = ".".join(words[:length])
        dotted = beginning.replace("issuing_", "issuing.")
        for name in (_OBJECTS.get(beginning), beginning, dotted):
            if name in _object_classes.OBJECT_CLASSES:
                module, cls = _object_classes.OBJECT_CLASSES[name]
                found: type = getattr(import_module(module), cls)
                return found
    raise LookupError(event_type)


@cache
def _names(module: ModuleType) -> Mapping[str, object]:
    """What a module's annotations may name: its own names, and those that it imports for type checkers only."""
    names = dict(vars(module))
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom) and line.module and ".params" not in line.module:
                    imported = import_module(line.module)
                    names |= {one.asname or one.name: getattr(imported, one.name) for one in line.names}
    return names


@dataclass(frozen=True, slots=True)
class _Spot:
    """A field of a class, how deep it stands, and what its annotation may name."""

    field: str
    owner: str
    depth: int
    names: Mapping[str, object]

    def deeper(self) -> _Spot:
        return replace(self, depth=self.depth + 1)


class _Maker:
    """Makes values of annotated types. ``nothing``: how probable null is where it is allowed."""

    def __init__(self, random: Random, nothing: float) -> None:
        self.random = random
        self.nothing = nothing

    def instance(self, cls: type, depth: int) -> Json:
        names = _names(sys.modules[cls.__module__])
        return {
            field: self.value(annotation, _Spot(field, cls.__name__, depth, names))
            for field, annotation in inspect.get_annotations(cls).items()
            if field != "OBJECT_NAME" and not field.startswith("_")
        }

    def value(self, annotation: object, spot: _Spot) -> object:
        annotation = _resolved(annotation, spot.names)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Union:
            return self._one_of(arguments, spot)
        if origin is Literal:
            return self.random.choice(arguments)
        if origin is list:
            return [self.value(arguments[0], spot.deeper())] if spot.depth < _DEPTH else []
        if origin is stripe.ListObject:
            listed = [self.value(arguments[0], spot.deeper())] if spot.depth < _LISTS_DEPTH else []
            return {"object": "list", "data": listed, "has_more": False, "url": f"/v1/{spot.field}"}
        return self._plain(origin or annotation, spot)

    def _one_of(self, arguments: Sequence[object], spot: _Spot) -> object:
        if type(None) in arguments and self.random.random() < self.nothing:
            return None
        arguments = [one for one in arguments if one is not type(None)]
        if any(get_origin(one) is Literal for one in arguments):
            arguments = [one for one in arguments if one is not str]
        elif str in arguments and len(arguments) > 1:
            # What can be expanded is not, in events: its id stands there.
            other = next(one for one in arguments if one is not str)
            return _id(other.__forward_arg__ if isinstance(other, ForwardRef) else getattr(other, "__name__", ""))
        return self.value(self.random.choice(arguments), spot)

    def _plain(self, cls: object, spot: _Spot) -> object:
        if cls in _SCALARS:
            return _SCALARS[cls](self.random, spot)
        if cls is UntypedStripeObject:
            return {"order": "6735"}
        if inspect.isclass(cls) and issubclass(cls, stripe.StripeObject) and spot.depth < _DEPTH:
            return self.instance(cls, spot.depth + 1)
        return {}


def _resolved(annotation: object, names: Mapping[str, object]) -> object:
    while isinstance(annotation, (str, ForwardRef)):
        text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        annotation = eval(text, dict(names))
    return annotation


def _id(class_name: str) -> str:
    return f"{_PREFIXES.get(class_name, 'obj')}_{_ID}"


def _number(random: Random, spot: _Spot) -> int:
    field = spot.field
    if field in _SMALL:
        return random.randint(1, 4)
    if any(part in field for part in ("amount", "total", "balance", "fee", "net", "tax")):
        return random.randint(100, 9_999_999)
    if field in _MOMENTS or field.endswith(_ENDS_OF_MOMENTS):
        return NOW + random.randint(-1000, 1000) * 3600
    return random.randint(0, 9)


def _text(random: Random, spot: _Spot) -> str:
    field = spot.field
    if field == "id":
        return _id(spot.owner)
    if field in _TEXTS:
        return random.choice(_TEXTS[field])
    # Many ids are annotated as mere text.
    named = next((texts for ending, texts in _ENDINGS.items() if field.endswith(ending)), None)
    return random.choice(named) if named else _id(field.title().replace("_", ""))


_SCALARS: Final[Mapping[object, Callable[[Random, _Spot], object]]] = {
    bool: lambda random, _: random.random() < 0.5,
    int: _number,
    float: lambda _, __: 12.5,
    str: _text,
}
_SMALL: Final = ("quantity", "interval_count", "exp_month", "attempt_count")
_MOMENTS: Final = ("created", "date", "start", "end", "before", "until")
_ENDS_OF_MOMENTS: Final = ("_at", "_on", "_date", "_by", "_end", "_start", "_time", "_attempt")
_CURRENCIES: Final = ["usd", "eur", "gbp", "jpy", "kwd", "isk", "chf", "krw", "bhd", "ugx", "huf"]
_TEXTS: Final[Mapping[str, list[str]]] = {
    "bank_name": ["Sparkasse Ulm"],
    "brand": ["visa"],
    "comment": ["Too dear for me"],
    "country": ["GB"],
    "decline_code": ["insufficient_funds"],
    "email": ["ada@example.com"],
    "failure_code": ["account_closed"],
    "failure_message": ["The bank account has been closed"],
    "last4": ["4242"],
    "message": ["Your card was declined."],
    "name": ["Ada Lovelace"],
    "nickname": ["Gold"],
    "number": ["ACME-0007"],
    "reason": ["duplicate", "fraudulent", "requested_by_customer", "something_new"],
    "status": ["pending", "succeeded", "failed", "paid", "canceled", "something_new"],
    "type": ["bank_account"],
}
_ENDINGS: Final[Mapping[str, list[str]]] = {
    "_email": ["ada@example.com"],
    "_email_address": ["ada@example.com"],
    "_name": ["Ada Lovelace"],
    "_country": ["GB"],
    "currency": _CURRENCIES,
    "description": ["Ceramic teapot"],
    "url": ["https://example.com/page"],
}


def all_events(variants: int) -> Iterator[Json]:
    for event_type in event_types():
        for variant in range(variants):
            yield event(event_type, variant)
