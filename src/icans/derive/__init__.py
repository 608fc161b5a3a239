"""Clinical derivations: tables in, a table out, as expressions that never leave the engine."""
