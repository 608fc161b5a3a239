"""Runs on record: what a run was made of and by, what of an earlier one still holds, and why two differ."""
