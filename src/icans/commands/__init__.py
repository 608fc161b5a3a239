"""Commands in modules of their own, and what commands share; a step is imported only when it runs."""
