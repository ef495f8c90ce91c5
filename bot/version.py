"""The version of this Dealix."""

VERSION = "0.1.0"
