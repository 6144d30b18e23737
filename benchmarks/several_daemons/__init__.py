"""Past one machine: what gives way first, and several daemons that share one record, simulated and on PostgreSQL.

The figures of docs/decisions/0015-several-daemons.md. ``python -m benchmarks.several_daemons`` makes them again.
"""
