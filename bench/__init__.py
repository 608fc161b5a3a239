"""How fast the commands are, as ratios that hold on any machine: `python -m bench`."""
