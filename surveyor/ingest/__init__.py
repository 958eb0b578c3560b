"""ingest reaches out: turns what order sources send into order events."""
