"""Scaffold a machine-learning research project, and say what this machine has for training it."""
