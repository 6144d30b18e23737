"""The service that runs cashnotifyd on this machine: what it would take to set it up, and how it does.

::

    this installation, this machine, the shipped unit ─▶ plan (values, to be shown) ─▶ carry out (files, commands)

Deciding is pure: `units` fills the shipped files in, `planning` says what to write, to remove and to run. What touches
the machine is `machine` (questions), `door` (commands) and `carrying_out` (files).
"""
