"""Widgets of the whatwatt that a declaration cannot express."""
