"""Digests: what a day, week or month came to, told when it is over. From the record alone; nothing is read from Stripe.

::

    due ─▶ all accounts read to the end? ─▶ figures ─▶ words ─▶ picture ─▶ TELL
                                                                 (a process of its own)

``due`` decides; ``telling`` does; ``pictures`` has the picture drawn by ``picture``, which nobody imports.
"""
