"""Work on the lexicon: a draft, what it would change of the verbatims there are, a version that sorts from then on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.labels import Lexicon, Polarity, Quality, quality, read_lexicon, sort_verbatim
from surveyor.core.labels.quality import overall
from surveyor.core.labels.suggest import Suggestion, suggestions
from surveyor.core.quoting import french
from surveyor.db import audit, labels
from surveyor.db.labels import Draft, Version
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.again import again
from surveyor.flows.manage_users import Actor
from surveyor.flows.sort_verbatims import in_force

#: The verbatims a draft is tried on, and those shown of each change.
TRIED, SHOWN = 2000, 8


def open_draft(sessions: Any, author: str, *, now: datetime, number: int | None = None) -> Draft:
    """The author's draft; a new one of the lexicon in force, or of version `number`, which replaces what there was."""
    with sessions.begin() as session:
        found = labels.find_draft(session, author)
        if found is not None and number is None:
            return found
        now_in_force = in_force(session)
        text = now_in_force.text
        if number is not None:
            old = labels.version(session, number)
            if old is None:
                raise NotFound("labels")
            text = old.text
        draft = Draft(author, now_in_force.number, text, now)
        labels.save_draft(session, draft)
        return draft


def save_draft(sessions: Any, author: str, text: str, *, now: datetime) -> Draft:
    """Keep what somebody typed, errors and all. Raises NotFound without a draft."""
    with sessions.begin() as session:
        found = labels.find_draft(session, author)
        if found is None:
            raise NotFound("labels")
        draft = Draft(author, found.base, text.replace("\r\n", "\n"), now)
        labels.save_draft(session, draft)
        return draft


def discard_draft(sessions: Any, author: str) -> None:
    """Forget a draft."""
    with sessions.begin() as session:
        labels.discard_draft(session, author)


@dataclass(frozen=True, slots=True)
class Moved:
    """One label under two lexicons: on how many verbatims before and after, and some of those that changed."""

    label: str
    before: int
    after: int
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    gains: int = 0
    losses: int = 0


def compare(one: Lexicon, other: Lexicon, texts: Iterable[tuple[str, str]]) -> list[Moved]:
    """What changes from one lexicon to another on verbatims (language, text); labels that do not move are left out."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    gained: dict[str, list[str]] = {}
    lost: dict[str, list[str]] = {}
    for language, text in texts:
        was = {mention.label for mention in sort_verbatim(one, text, language).counted}
        will = {mention.label for mention in sort_verbatim(other, text, language).counted}
        before.update(was)
        after.update(will)
        for label in will - was:
            gained.setdefault(label, []).append(text)
        for label in was - will:
            lost.setdefault(label, []).append(text)
    return [
        Moved(
            label,
            before[label],
            after[label],
            tuple(gained.get(label, ())[:SHOWN]),
            tuple(lost.get(label, ())[:SHOWN]),
            len(gained.get(label, ())),
            len(lost.get(label, ())),
        )
        for label in sorted(gained.keys() | lost.keys())
    ]


def effect(sessions: Any, lexicon: Lexicon) -> tuple[list[Moved], int]:
    """What a lexicon changes of the latest verbatims, and how many were looked at."""
    with sessions() as session:
        rows = labels.latest_texts(session, limit=TRIED)
        now_in_force = in_force(session).lexicon
    return compare(now_in_force, lexicon, [(language, text) for _, language, text, _ in rows]), len(rows)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A publication: whose draft, the name that is shown with it, why."""

    author: str
    name: str
    why: str


def publish_labels(sessions: Any, wanted: Wanted, *, by: Actor, now: datetime) -> Version:
    """Publish the author's draft; verbatims are sorted again by the clock.

    Raises:
        NotFound: no draft. Refused: 422 what is wrong with the text, `labels_reason_required`, `labels_unchanged`;
        409 `labels_version_conflict`, somebody published since.
    """

    def once() -> Version:
        with sessions.begin() as session:
            draft = labels.find_draft(session, wanted.author)
            if draft is None:
                raise NotFound("labels")
            _check(draft, wanted, in_force(session))
            number = labels.in_force(session) + 1
            version = Version(number, draft.base, draft.text, wanted.name, wanted.why.strip(), now)
            labels.publish(session, version, now=now)
            labels.discard_draft(session, wanted.author)
            what = f"labels:{number}"
            entry = audit.Entry(by.name, "labels.publish", what, str(draft.base), str(number), wanted.why, by.ip_prefix)
            audit.append(session, entry, now=now)
            return version

    return again(once)


def _check(draft: Draft, wanted: Wanted, now_in_force: Any) -> None:
    lexicon, wrong = read_lexicon(draft.text)
    if lexicon is None:
        raise Refused(wrong)
    if not wanted.why.strip():
        raise Refused([_complaint("why", "labels_reason_required", "Dites pourquoi.", "Say why.")])
    if draft.base != now_in_force.number:
        fr = f"La version {now_in_force.number} a été publiée depuis. Comparez, puis repartez d'elle."
        en = f"Version {now_in_force.number} was published since. Compare, then start from it."
        raise Refused([_complaint("draft", "labels_version_conflict", fr, en)], status=409)
    if draft.text == now_in_force.text:
        raise Refused([_complaint("draft", "labels_unchanged", "Rien n'a changé.", "Nothing has changed.")])


def measured(session: Any, lexicon: Lexicon) -> tuple[list[Quality], Quality, int]:
    """Precision and recall by label and in all, on the verbatims that a person went through; how many these are."""
    rows = labels.reviewed_texts(session)
    told = labels.carried(session, [row[0] for row in rows])
    pairs = [
        (
            {one.label: Polarity(one.polarity) for one in told.get(ident, ()) if one.counted},
            {one.label: one.polarity for one in sort_verbatim(lexicon, text, language).counted},
        )
        for ident, language, text in rows
    ]
    found = quality(pairs, [one.id for one in lexicon.labels])
    return found, overall(found), len(rows)


def suggested(session: Any, lexicon: Lexicon, language: str) -> Sequence[Suggestion]:
    """Words of the latest verbatims in a language that no rule knows."""
    rows = labels.latest_texts(session, limit=TRIED)
    return suggestions(lexicon, [(text, score) for _, spoken, text, score in rows if spoken == language], language)


def next_to_review(session: Any, reach: Any) -> UUID | None:
    """A verbatim that nobody went through, any of the latest: the sample is not chosen by what it says."""
    return labels.unreviewed(session, reach)


def _complaint(where: str, code: str, fr: str, en: str) -> Complaint:
    return Complaint(where, code, french(fr), en)
