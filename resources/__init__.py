"""Icons, style and fonts, read through importlib.resources."""
