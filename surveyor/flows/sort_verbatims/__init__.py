"""Sort verbatims under labels: with the response that brings them, and again when the lexicon changes; step 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from surveyor.core.labels import Lexicon, Sorted, read_lexicon, sort_verbatim
from surveyor.db import labels
from surveyor.db.labels import Carried, Commented
from surveyor.flows.again import again
from surveyor.shipped import shipped

#: Responses sorted again in one transaction.
BATCH = 300
FILE = "labels.toml"


@dataclass(frozen=True, slots=True)
class InForce:
    """The lexicon that sorts now. number 0: the one that comes with the product."""

    number: int
    text: str
    lexicon: Lexicon


def in_force(session: Any) -> InForce:
    """The lexicon in force as this transaction sees it; read again only when its number or text changed."""
    number, digest = labels.mark(session)
    known = _KNOWN.get((number, digest))
    if known is None:
        found = labels.version(session, number)
        text = found.text if found is not None else shipped_text()
        known = InForce(number, text, _read(text))
        _KNOWN.clear()
        _KNOWN[(number, digest)] = known
    return known


_KNOWN: dict[tuple[int, bytes], InForce] = {}


@lru_cache(maxsize=1)
def shipped_text() -> str:
    """The lexicon that comes with the product."""
    return shipped(FILE).read_text(encoding="utf-8")


def _read(text: str) -> Lexicon:
    lexicon, wrong = read_lexicon(text)
    if lexicon is None:  # published texts were checked: only an older product can have taken it
        raise ValueError(f"the lexicon in force cannot be read: {wrong[0].where} {wrong[0].message_en}")
    return lexicon


def told(found: Sorted) -> list[Carried]:
    """What the rules say of a verbatim, as rows keep it."""
    return [Carried(one.label, str(one.polarity), one.sure) for one in found.mentions]


def sort_one(session: Any, now_in_force: InForce, of: Commented, *, before: str | None) -> Sorted:
    """Sort a response in the transaction that records it. before: its words until now, None when it had none.

    The same words under another score keep their labels, a person's too. "" as its words: it carries nothing any more.
    """
    found = sort_verbatim(now_in_force.lexicon, of.verbatim, of.language)
    if before is not None and before == of.verbatim:
        labels.rescore(session, of)
        return found
    if before is not None:
        labels.clear(session, of.invitation_id)
    if of.verbatim:
        labels.add(session, of, told(found), version=now_in_force.number, themes=found.themes)
    return found


def sort_again(sessions: Any, *, most: int | None = None) -> int:
    """Sort what an earlier lexicon sorted by the one in force, in small transactions; how many.

    Killed anywhere or run by two at once, the next run goes on. most: stop after about so many.
    """
    done = 0
    while most is None or done < most:
        n = again(lambda: _some(sessions))
        done += n
        if n == 0:
            break
    return done


def _some(sessions: Any) -> int:
    with sessions.begin() as session:
        now_in_force = in_force(session)
        rows = labels.behind(session, now_in_force.number, after=None, limit=BATCH)
        fresh = []
        for of in rows:
            found = sort_verbatim(now_in_force.lexicon, of.verbatim, of.language)
            fresh.append((of, told(found), " ".join(found.themes)))
        labels.replace(session, fresh, version=now_in_force.number)
        return len(rows)


def review_verbatim(sessions: Any, invitation_id: UUID, *, carried: Sequence[Carried], by: str, now: datetime) -> bool:
    """A person's word: these labels and no other; whether the response stands with a comment. Said twice, it is one."""
    with sessions.begin() as session:
        of = labels.commented(session, [invitation_id]).get(invitation_id)
        if of is None or not of.verbatim:
            return False
        known = {one.id for one in in_force(session).lexicon.labels}
        kept = [one for one in carried if one.label in known]
        labels.review(session, of, kept, by=by, now=now)
        return True
