"""What whoever keeps the record has promised, asked through its door alone, of every engine there is."""
