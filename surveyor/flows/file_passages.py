"""The two places in the import of a file, of orders or of anything else, where the fault tests kill it."""

from __future__ import annotations

from surveyor.faults import fault


def batch_reached() -> None:
    """A batch and the line it goes to are written and not yet committed."""
    fault("file.mid_batch")


def batch_committed() -> None:
    """They are."""
    fault("file.committed")
