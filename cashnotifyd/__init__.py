"""cashnotifyd tells you, on the channels you chose, what happens to the money in your Stripe accounts."""

__version__ = "0.1.0"
