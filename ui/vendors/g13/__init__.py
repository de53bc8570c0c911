"""Widgets of the G13 that a form cannot express."""
