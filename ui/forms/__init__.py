"""The forms: a section as editors, its preview, and what came of it."""
