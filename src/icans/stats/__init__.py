"""Estimators on arrays, each agreeing with R to a stated tolerance."""
