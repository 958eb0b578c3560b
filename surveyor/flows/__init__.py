"""flows act: one verb per file, each opens and commits its transaction and receives the instant."""
