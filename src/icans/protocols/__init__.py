"""Sections of study.toml that a study may do without, and what every section is made of."""
