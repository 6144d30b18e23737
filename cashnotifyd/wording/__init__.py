"""What happened becomes a message: words, money, safe text."""
