"""Where somebody begins who asks for no page: at what their role is there for."""

# Whoever talks with people begins at the talks.
INBOX = "inbox"

_BEGINS_AT = {"executive": "executive", "rules_editor": "book", "dpo": "compliance", "service": "operations"}

# Of several roles the first of these says where: an admin who also edits rules begins as an admin.
_FIRST = ("admin", "approver", "agent", "executive", "dpo", "rules_editor", "service")


def home_of(roles: frozenset[str]) -> str:
    """The address of the first page for somebody with these roles."""
    role = next((one for one in _FIRST if one in roles), "")
    return f"/console/{_BEGINS_AT.get(role, INBOX)}"
