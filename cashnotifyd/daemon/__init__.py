"""The composition: from settings to running tasks, through reloads, to a clean end."""
