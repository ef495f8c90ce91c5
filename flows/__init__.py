"""What comes next? Pure, strict state machines, and the words we answer with."""
