"""Every table mapped, once: before a process is forked into those of the line, which share what was made here."""

from __future__ import annotations

from sqlalchemy.orm import configure_mappers

import surveyor.db.tables  # noqa: F401  (fills the metadata)


def map_tables() -> None:
    """Make ready what the first statement of each process would make ready otherwise; done again, it costs nothing."""
    configure_mappers()
