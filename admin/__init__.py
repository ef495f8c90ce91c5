"""Humans at the gate: Sami's Telegram bot, the console, and what they may do."""
