"""Scale files, read and checked: whatever is wrong with one is a sentence with its line."""
