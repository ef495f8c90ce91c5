"""The analysts' workbench: what rules say is tried, compared, agreed to and taken back."""
