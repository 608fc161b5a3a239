"""The one table of results, and claims checked against it."""
