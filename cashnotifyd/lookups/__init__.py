"""What an account's key lets us ask Stripe beyond the events, so that a message says more: decided, bounded, cached."""
