"""What a deal is worth, when it is expected to close, and who looks after it."""
