"""What providers have and we do not, and what they take and never deliver."""
