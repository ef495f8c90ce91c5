"""`/api/v1`: the same functions as Telegram and the console, for programs."""
