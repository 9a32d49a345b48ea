"""Reproducibility: MLR."""
