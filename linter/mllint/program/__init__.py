"""Modules linked: what each name means across files, what calls what, where programs begin."""
