"""What is on record, for people who ask: events, the life of one, how the watching stands. Values in, words out."""
