"""Published grading scales as data files, and the one engine that evaluates them."""
