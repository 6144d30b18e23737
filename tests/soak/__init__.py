"""Months of the daemon, in which nothing may grow, wear out or be miscounted."""
