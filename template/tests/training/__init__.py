"""Tests of training/; a package, so that they share `tiny`."""
