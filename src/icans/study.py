"""A study from folder to results: the whole pipeline on one page."""
