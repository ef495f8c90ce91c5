"""What one message costs: the whole service under load, beside the simplest handler that could be written."""
