"""Calendars: a feed that says what is taken, and Calendly's links and signed webhooks."""
