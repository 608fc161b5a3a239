"""Several sites: what may leave one, and what their aggregate results give together."""
