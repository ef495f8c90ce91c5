"""The broker between processes: it rings, and remembers nothing."""
