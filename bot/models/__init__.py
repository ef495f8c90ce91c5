"""A language model beside the rules: it proposes, people decide, and everything works without one."""
