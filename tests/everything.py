"""All that the simulator can have happen to a shop, once."""

from __future__ import annotations

from cashnotifyd.simulator import families
from cashnotifyd.simulator.account import SimulatedAccount


def play_everything(shop: SimulatedAccount, *, sale_in: str = "jpy") -> None:
    sale = families.checkout_sale(shop)
    families.charge_sale(shop, currency=sale_in)
    families.failed_payment(shop, decline="expired_card")
    subscribed, _ = families.subscription_start(shop)
    families.renewal(shop, subscribed)
    families.renewal_failed(shop, subscribed)
    families.renewal_recovered(shop, subscribed)
    families.cancellation(shop, subscribed)
    families.refund(shop, sale, amount=100)
    families.refund(shop, sale)
    families.dispute_closed(shop, families.dispute(shop, families.checkout_sale(shop)), outcome="won")
    families.payout_paid(shop, families.payout_created(shop))
    families.payout_failed(shop, families.payout_created(shop))
