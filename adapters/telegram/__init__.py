"""Telegram as a connector that can be asked how it is; the approval bot itself lives in `admin/telegram`."""
