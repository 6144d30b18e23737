"""A Stripe look-alike over real HTTP, for the demo, for tests and for trying channels.

Begin with :class:`cashnotifyd.simulator.server.Simulator`; :mod:`.families` plays facts on its accounts, :mod:`.faults`
breaks them, :mod:`.phone` is the other end.
"""
