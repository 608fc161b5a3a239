"""Groups of patients compared: who is in which since when, the endpoints, effects, and what cannot be compared."""
