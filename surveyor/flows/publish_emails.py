"""Publish the texts of an email: checked once more, compiled, stored with their hash; the next email built has them.

One transaction writes every language. Emails that were built before keep their edition (db/emails/intent.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.db import audit, email_drafts, email_texts, proposals
from surveyor.db.email_texts import Text, Version
from surveyor.db.proposals import Decision
from surveyor.errors import Complaint, Refused
from surveyor.flows import tell_proposals
from surveyor.flows.again import again
from surveyor.flows.edit_emails import FIRST, NOTHING, Standing, before, find
from surveyor.mail.examine import Examined, Sources, examine

#: Who wrote version 1, and why.
PRODUCT, WITH_IT = "surveyor", "livré avec le produit · comes with the product"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A publication: whose draft of what kind, under which name it is shown, and why; decision: of who approves it."""

    author: str
    kind: str
    name: str
    why: str
    decision: Decision | None = None


def publish_email(sessions: Any, wanted: Wanted, *, folder: Path, now: datetime) -> Version:
    """Publish a draft and forget it.

    Raises Refused, nothing changed: `email_reason_required` (422); everything the checks find (422);
    `email_unchanged` (422); `email_version_conflict` (409) when somebody published since the draft was made.
    """
    with sessions() as session:
        draft = find(session, wanted.author, wanted.kind)
    return publish_texts(sessions, wanted, draft.parts, base=draft.base, folder=folder, now=now)


def publish_texts(
    sessions: Any, wanted: Wanted, sources: Sources, *, base: int, folder: Path, now: datetime
) -> Version:
    """Publish these texts, made from version `base`. Raises as `publish_email`."""
    seen = ready(sessions, wanted, sources, base=base, folder=folder)

    def once() -> Version:
        with sessions.begin() as session:
            if wanted.decision is not None:
                tell_proposals.close(session, wanted.decision, "approved", now=now)
            over = before(session, folder, wanted.kind)
            _same_base(base, over)
            if over.version is None and over.number != NOTHING:
                _keep_first(session, over, folder, now)
            version = _write(session, wanted, sources, seen, base=over.number, now=now)
            if wanted.decision is None:  # a proposal is no draft any more, and its author may have begun another
                email_drafts.discard(session, wanted.author, wanted.kind)
            return version

    return again(once)


def ready(sessions: Any, wanted: Wanted, sources: Sources, *, base: int, folder: Path) -> Examined:
    """The texts compiled, when they may be published or proposed. Raises as `publish_email`."""
    if not wanted.why.strip():
        raise Refused([_reason()])
    with sessions() as session:
        active = before(session, folder, wanted.kind)
    _same_base(base, active)
    if sources == active.sources:
        raise Refused([_unchanged()])
    seen = examine(wanted.kind, sources, folder)
    if seen.findings:
        raise Refused(list(seen.findings))
    return seen


def _keep_first(session: Any, shipped: Standing, folder: Path, now: datetime) -> None:
    """The texts that come with the product become rows the day others follow them: a later product changes its own."""
    made = examine(shipped.kind, shipped.sources, folder)
    first = Version(
        shipped.kind,
        FIRST,
        email_texts.edition(session) + 1,
        None,
        _digest(made),
        PRODUCT,
        WITH_IT,
        now,
    )
    email_texts.publish(session, first, _texts(made, shipped.sources))


def _write(session: Any, wanted: Wanted, sources: Sources, made: Examined, *, base: int, now: datetime) -> Version:
    version = Version(
        wanted.kind,
        base + 1,
        email_texts.edition(session) + 1,
        base or None,
        _digest(made),
        wanted.name,
        wanted.why.strip(),
        now,
    )
    email_texts.publish(session, version, _texts(made, sources))
    after: dict[str, Any] = {"version": version.number, "sha256": version.sha256.hex(), "edition": version.edition}
    if wanted.decision is not None:
        proposals.became(session, wanted.decision.id, version.number)
        after["approved_by"] = wanted.decision.by
    what = f"{wanted.kind} version {version.number}"
    entry = audit.Entry(wanted.author, "emails.publish", what, {"version": base}, after, version.why)
    audit.append(session, entry, now=now)
    return version


def _texts(made: Examined, sources: Sources) -> list[Text]:
    return [
        Text(language, one.subject, one.text, one.html, one.sha256, sources[language])
        for language, one in sorted(made.made.items())
    ]


def _digest(made: Examined) -> bytes:
    """The hash of a version: of the hashes of its languages, in order."""
    return hashlib.sha256(b"".join(one.sha256 for _, one in sorted(made.made.items()))).digest()


def _same_base(base: int, active: Standing) -> None:
    if base != active.number:
        n = active.number
        fr = f"La version {n} a été publiée entre-temps. Comparez, puis repartez d'elle."
        en = f"Version {n} was published meanwhile. Compare, then go on from it."
        raise Refused([Complaint("base_version", "email_version_conflict", fr, en)], status=409)


def _reason() -> Complaint:
    fr = "Dites pourquoi vous publiez : le motif reste dans l'historique."
    en = "Say why you publish: the reason stays in the history."
    return Complaint("reason", "email_reason_required", fr, en)


def _unchanged() -> Complaint:
    fr = "Rien ne change par rapport à la version en service."
    en = "Nothing changes against the version in force."
    return Complaint("draft", "email_unchanged", fr, en)
