"""The whole daemon on a simulated clock, network and disk, from a seed. What it does and shows: docs/simulation.md."""
