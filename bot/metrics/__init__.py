"""What a number means, and how each is computed from raw records: the one place for both."""
