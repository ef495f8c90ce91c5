"""Sami's approval bot: it asks about drafts in Telegram and shows what became of them. Start at `bot.py`."""
