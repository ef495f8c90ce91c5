"""Campaigns: one approved wording to many contacts who agreed to it, after one yes to the whole."""
