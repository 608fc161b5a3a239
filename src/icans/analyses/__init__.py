"""The analyses of a study, from its derived tables to rows of results."""
