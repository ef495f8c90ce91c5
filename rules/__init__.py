"""What does it mean? Pure: no clock, no network, no database, nothing else of ours."""
