"""Synthetic cohorts from stated parameters."""
