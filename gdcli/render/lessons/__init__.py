"""Lessons on the screen, as plain text, and as handouts."""
