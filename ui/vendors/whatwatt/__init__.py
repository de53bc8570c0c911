"""Widgets of the whatwatt family."""
