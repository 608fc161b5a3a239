"""Figures from results and derived tables."""
