"""The record in dicts: a second engine behind the door, for simulations, and to tell a promise from an accident."""
