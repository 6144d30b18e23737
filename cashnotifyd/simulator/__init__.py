"""A Stripe look-alike over real HTTP, for the demo, for tests and for trying channels."""
