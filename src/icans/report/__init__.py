"""Documents from results and figures."""
