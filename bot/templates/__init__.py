"""Approved wordings: how each stands at its provider, and whether a message may leave as one."""
