"""Checkpoints: MLC."""
