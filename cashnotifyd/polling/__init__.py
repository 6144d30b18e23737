"""One account's watch: whose key it is, the walk that misses nothing, the pace, the pauses."""
