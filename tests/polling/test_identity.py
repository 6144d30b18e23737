"""The record follows the Stripe account, not the key and not the name in the configuration."""

from __future__ import annotations

from dataclasses import replace

from cashnotifyd.cursor_file.values import WatchedAccount
from cashnotifyd.polling.identity import Begin, Prove, Resume, key_print, whose
from cashnotifyd.vocabulary import Mode

OLD_KEY, NEW_KEY = key_print("rk_live_old"), key_print("rk_live_new")
ACME = WatchedAccount(
    1, "shop", Mode.LIVE, "acct_acme", "Acme", OLD_KEY, low_water=1000, watched_from=0, polled_at=1000.0
)
UNNAMED = replace(ACME, stripe_id=None)


def decide(
    *known: WatchedAccount,
    stripe_id: str | None,
    key: str,
    config_id: str = "shop",
    others: frozenset[str] = frozenset(),
) -> object:
    configured = others | {config_id}
    return whose(known, config_id=config_id, configured=configured, stripe_id=stripe_id, print_of_key=key)


def test_an_account_that_was_never_watched_begins() -> None:
    assert decide(stripe_id="acct_acme", key=NEW_KEY) == Begin(None)
    assert decide(stripe_id=None, key=NEW_KEY) == Begin(None)


def test_a_rotated_key_of_the_same_account_goes_on() -> None:
    assert decide(ACME, stripe_id="acct_acme", key=NEW_KEY) == Resume(ACME)


def test_a_renamed_account_goes_on() -> None:
    assert decide(ACME, stripe_id="acct_acme", key=OLD_KEY, config_id="boutique") == Resume(ACME)


def test_one_stripe_account_under_two_ids_has_two_records() -> None:
    assert decide(ACME, stripe_id="acct_acme", key=NEW_KEY, config_id="too", others=frozenset({"shop"})) == Begin(None)


def test_a_key_of_another_account_begins_afresh() -> None:
    assert decide(ACME, stripe_id="acct_other", key=NEW_KEY) == Begin(ACME)


def test_back_to_the_first_account_goes_on_there() -> None:
    other = replace(ACME, id=2, stripe_id="acct_other", key_print=NEW_KEY)
    assert decide(other, ACME, stripe_id="acct_acme", key=OLD_KEY) == Resume(ACME)


def test_the_same_key_goes_on_even_if_stripe_does_not_say_whose_it_is() -> None:
    assert decide(ACME, stripe_id=None, key=OLD_KEY) == Resume(ACME)
    assert decide(UNNAMED, stripe_id=None, key=OLD_KEY) == Resume(UNNAMED)
    assert decide(UNNAMED, stripe_id="acct_acme", key=OLD_KEY) == Resume(UNNAMED)


def test_another_key_of_an_unknown_account_must_prove_itself() -> None:
    assert decide(UNNAMED, stripe_id=None, key=NEW_KEY) == Prove(UNNAMED)
    assert decide(UNNAMED, stripe_id="acct_acme", key=NEW_KEY) == Prove(UNNAMED)
    assert decide(ACME, stripe_id=None, key=NEW_KEY) == Prove(ACME)


def test_before_the_first_contact_there_is_nothing_to_prove() -> None:
    refused = replace(UNNAMED, low_water=None)
    assert decide(refused, stripe_id="acct_acme", key=NEW_KEY) == Resume(refused)
