"""Letters whose small form is not one letter, or depends on where it stands, but in DuckDB."""

from __future__ import annotations

UNLIKE_OTHERS, THEIR_SMALL = "İΣ", "iσ"
