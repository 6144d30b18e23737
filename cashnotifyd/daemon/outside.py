"""What the daemon has of the world, given to it whole: a test may give it a world of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from cashnotifyd.delivery.apprise_door.urls import open_targets
from cashnotifyd.delivery.lane import Target
from cashnotifyd.delivery.threads import Threads
from cashnotifyd.stripe_api import StripeConnections


@dataclass(frozen=True, slots=True)
class Outside:
    """The ways out, and chance.

    ``connections`` lead to Stripe; ``targets`` are the recipients that a channel's URL names; ``thread`` makes what a
    lane sends in, by its name; ``rng`` spreads polls and retries, and no secret hangs on it.
    """

    connections: Callable[[], StripeConnections] = StripeConnections
    targets: Callable[[str], Sequence[Target]] = open_targets
    thread: Callable[[str], Executor] = field(default_factory=lambda: Threads().of)
    rng: random.Random = field(default_factory=random.Random)
