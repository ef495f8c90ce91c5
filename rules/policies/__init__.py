"""What stands beside the pages of a book: claims, prices, quiet hours, deadlines and follow-ups, as data."""

from rules.policies.shelf import Policies, read_policies

__all__ = ["Policies", "read_policies"]
