"""The conversations of a tenant as somebody at a desk sees them: found, filtered, opened, and acted upon."""
