"""The canonical tables: their one declaration, reading, time, checks and templates."""
