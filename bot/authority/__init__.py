"""What may be done, on whose word, and once."""
