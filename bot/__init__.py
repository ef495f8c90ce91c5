"""The heart: decide first, write once, then act."""
