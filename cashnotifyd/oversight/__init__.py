"""Whether the watch itself is well: contact with Stripe, the rhythm of sales, the channels, and a heartbeat outward."""
