"""Messages reach people: routing, lanes, and the only door to Apprise."""
