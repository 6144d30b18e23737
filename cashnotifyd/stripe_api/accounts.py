"""Whom a key belongs to, as Stripe's account object says it in any of its shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Whom a key belongs to, as far as it lets us know. ``icon``: the id of the file of its brand's icon."""

    stripe_id: str | None
    name: str | None
    icon: str | None = None


def account_in(answer: Mapping[str, Any]) -> OwnAccount:
    """Whom Stripe's account object speaks of, in any of its shapes."""
    stripe_id = answer.get("id")
    return OwnAccount(
        _storable(stripe_id) if isinstance(stripe_id, str) and stripe_id else None,
        _account_name(answer),
        _account_icon(answer),
    )


def _account_icon(account: Mapping[str, Any]) -> str | None:
    """The icon since 2019-02-19; the business's logo before that was never part of the account."""
    settings = account.get("settings")
    branding = settings.get("branding") if isinstance(settings, Mapping) else None
    icon = branding.get("icon") if isinstance(branding, Mapping) else None
    if isinstance(icon, Mapping):
        icon = icon.get("id")
    return _storable(icon) if isinstance(icon, str) and icon else None


def _account_name(account: Mapping[str, Any]) -> str | None:
    """The name that the merchant gave the account, in today's shape or in those before 2019-02-19."""
    settings = account.get("settings")
    dashboard = settings.get("dashboard") if isinstance(settings, Mapping) else None
    profile = account.get("business_profile")
    for holder, key in (
        (dashboard, "display_name"),
        (profile, "name"),
        (account, "display_name"),
        (account, "business_name"),
    ):
        name = holder.get(key) if isinstance(holder, Mapping) else None
        if isinstance(name, str) and name.strip():
            return _storable(name.strip())
    return None


def _storable(text: str) -> str:
    """Without lone surrogates, which JSON can spell but nothing can store."""
    return text.encode("utf-8", "replace").decode("utf-8")
