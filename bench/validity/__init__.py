"""How often intervals cover and tests err, measured on simulated patients: `python -m bench.validity`."""
