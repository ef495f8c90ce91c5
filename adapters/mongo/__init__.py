"""Everything Dealix remembers, in MongoDB."""
