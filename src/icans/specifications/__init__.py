"""Other definitions a study could have used: read from its protocol, combined, and derived in one pass."""
