"""Labels of a response follow the words that stand, in its transaction; part of step 7."""

from __future__ import annotations

from typing import Any

from surveyor.core.labels import Sorted
from surveyor.db.labels import Commented
from surveyor.db.responses import Counted, Held, StoredRevision
from surveyor.flows.sort_verbatims import InForce, sort_one


def sort(
    session: Any, held: Held, lexicon: InForce, *, stands: StoredRevision | None, counted: Counted | None
) -> Sorted:
    """Sort what stands now. Nothing is read: the words that stood are among the forms received."""
    link, n = held.opened.link, held.opened.n
    before = next((one.verbatim for one in held.revisions if one.revision.n == n), None) or None
    words = (stands.verbatim if stands is not None and counted is not None else None) or ""
    if not (words or before):
        return Sorted()
    score, day = (counted.score, counted.day) if counted is not None else (0, link.sent_day)
    assert day is not None
    revision = stands.revision.n if stands is not None else 0
    of = Commented(link.invitation_id, revision, score, day, link.store_id, link.segment, link.language, words)
    return sort_one(session, lexicon, of, before=before)
