"""The packaged synthetic study."""
