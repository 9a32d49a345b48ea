"""Logging and tracking: MLL."""
