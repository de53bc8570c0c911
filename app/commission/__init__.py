"""A device in hand: read, draft, problems, changes, plan, send, read back, receipt."""
