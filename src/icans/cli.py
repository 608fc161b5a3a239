"""The commands; a step is imported only when it runs."""
