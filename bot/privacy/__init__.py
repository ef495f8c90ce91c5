"""Who may be written to, and what contacts may demand about their own data."""
