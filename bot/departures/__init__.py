"""How much may leave, when, and whose turn it is."""
