"""Setting up, and seeing what of it works: keys, channels, the record; a test message; the configuration's text."""
