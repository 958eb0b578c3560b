"""Labels of a response follow the words that stand, and whether a case may open, in its transaction; part of step 7."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.core.cases import WAIT, Heard, why_open
from surveyor.core.labels import Polarity, Sorted
from surveyor.db import cases
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


def watch(session: Any, held: Held, lexicon: InForce, *, found: Sorted, counted: Counted | None, now: datetime) -> None:
    """Have an answer that would open a case looked at in a minute; an open case follows an edit at once."""
    if counted is None:
        return
    ident = held.opened.link.invitation_id
    if held.opened.n:
        cases.follow(session, ident, score=counted.score, commented=counted.commented, day=counted.day)
    negative = [one.label for one in found.counted if one.polarity is Polarity.NEGATIVE]
    heard = Heard(counted.score, counted.commented, negative, found.themes)
    if why_open(lexicon.lexicon.cases, heard, opening=lexicon.lexicon.opening):
        cases.candidate(session, ident, due_at=now + WAIT)
