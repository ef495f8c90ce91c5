"""Typed results with provenance: what was computed, from which records, by which method, how fresh."""
