"""The world outside, translated: providers, the database, and whatever else is not ours."""
