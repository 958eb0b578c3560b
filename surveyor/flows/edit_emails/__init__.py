"""Work on a draft of the texts of an email: open, change, check, forget; what it becomes is a version (publish_emails).

A draft belongs to its author and reaches nobody. Checked means: nothing found in exactly these texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.core.templates import MAX_BYTES
from surveyor.db import email_drafts, email_texts
from surveyor.db.email_drafts import Draft, digest
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.known_names import ASKING, invitations
from surveyor.flows.new_names import named
from surveyor.mail.examine import Sources, examine, shipped_sources
from surveyor.mail.published import email_folders

__all__ = [
    "Standing",
    "before",
    "carry_over",
    "create_draft",
    "discard_draft",
    "kinds",
    "open_draft",
    "save_texts",
    "standing",
]

#: What the texts that come with the product are: the version before any that is published here.
FIRST = 1
#: The base of a draft of an email that nobody published yet.
NOTHING = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """The version of a kind that is read now. version: None for number 1, the texts that come with the product."""

    kind: str
    number: int
    sources: Sources
    version: email_texts.Version | None = None


def kinds(session: Any, folder: Path) -> list[str]:
    """The kinds whose texts may be edited: those that come with the product and those that were published here."""
    return sorted({kind for kind, _, _ in email_folders(folder)} | set(email_texts.kinds(session)))


def standing(session: Any, folder: Path, kind: str, number: int | None = None) -> Standing:
    """Version `number` of a kind, or the one that is read now. Raises NotFound for what nobody published."""
    if kind not in kinds(session, folder):
        raise NotFound("email")
    found = email_texts.current(session, kind) if number is None else email_texts.version(session, kind, number)
    if found is None:
        if number not in (None, FIRST) or not (folder / kind).is_dir():
            raise NotFound("email")
        return Standing(kind, FIRST, shipped_sources(folder, kind))
    stored = email_texts.texts(session, kind, found.number)
    return Standing(kind, found.number, {language: one.source for language, one in stored.items()}, found)


def before(session: Any, folder: Path, kind: str, number: int | None = None) -> Standing:
    """What a draft is compared with: version `number`, or the one in force; number 0, no text, when there is none."""
    if number == NOTHING or kind not in kinds(session, folder):
        return Standing(kind, NOTHING, {})
    return standing(session, folder, kind, number)


def create_draft(sessions: Any, author: str, variant: str, *, copy: str, folder: Path, now: datetime) -> Draft:
    """The draft of a new invitation, `invitation-<variant>`, with the texts in force of another.

    Raises NotFound when that other is no invitation; Refused (422): `name_pattern`, `name_taken` (a draft of one's own
    takes it as well).
    """
    kind = f"{ASKING}-{variant}"
    with sessions.begin() as session:
        if copy not in invitations(session, folder):
            raise NotFound("email")
        mine = email_drafts.kinds_of(session, author)
        taken = {one.removeprefix(f"{ASKING}-") for one in (*kinds(session, folder), *mine)}
        wrong = named("variant", variant, taken) or named("variant", kind, ())
        if wrong:
            raise Refused(wrong)
        draft = Draft(author, kind, NOTHING, standing(session, folder, copy).sources, now)
        email_drafts.save(session, draft)
    return _checked(sessions, draft, folder)


def open_draft(
    sessions: Any, author: str, kind: str, *, folder: Path, now: datetime, number: int | None = None
) -> Draft:
    """The author's draft of a kind; a new one of the version in force, or of `number`, when there is none.

    A number replaces what there was: going back to an old version begins here. Raises NotFound without that version.
    """
    with sessions.begin() as session:
        found = email_drafts.find(session, author, kind)
        if found is not None and number is None:
            return found
        active = standing(session, folder, kind)
        start = active if number is None else standing(session, folder, kind, number)
        draft = Draft(author, kind, active.number, start.sources, now)
        email_drafts.save(session, draft)
    return _checked(sessions, draft, folder)


def save_texts(
    sessions: Any,
    author: str,
    kind: str,
    changed: Mapping[str, Mapping[str, str]],
    *,
    folder: Path,
    now: datetime,
) -> Draft:
    """Keep changed parts (language -> part -> source) and check the whole draft again. Raises NotFound without one."""
    for language, parts in changed.items():
        for part, source in parts.items():
            if len(source.encode("utf-8", "surrogatepass")) > 2 * MAX_BYTES:
                raise Refused([_too_big(f"{language}/{part}")], status=413)
    with sessions.begin() as session:
        found = find(session, author, kind)
        kept: Sources = {language: {**own, **changed.get(language, {})} for language, own in found.parts.items()}
        draft = replace(found, parts=kept, updated_at=now)
        email_drafts.save(session, draft)
    return _checked(sessions, draft, folder)


def carry_over(sessions: Any, author: str, kind: str, *, folder: Path, now: datetime) -> None:
    """Go on from the version in force, the draft's texts unchanged: its author has seen what others published."""
    with sessions.begin() as session:
        found = find(session, author, kind)
        email_drafts.save(session, replace(found, base=before(session, folder, kind).number, updated_at=now))


def discard_draft(sessions: Any, author: str, kind: str) -> None:
    """Forget a draft."""
    with sessions.begin() as session:
        email_drafts.discard(session, author, kind)


def find(session: Any, author: str, kind: str) -> Draft:
    """The author's draft. Raises NotFound without one."""
    found = email_drafts.find(session, author, kind)
    if found is None:
        raise NotFound("There is no draft: open one from the version in force.")
    return found


def _checked(sessions: Any, draft: Draft, folder: Path) -> Draft:
    """Check with no transaction open (the compiler takes its time), then keep what was said beside the draft."""
    seen = examine(draft.kind, draft.parts, folder)
    said = {
        "sha256": digest(draft.parts),
        "findings": [[one.where, one.code, one.message_fr, one.message_en] for one in seen.findings],
        "made": {
            language: {"subject": made.subject, "text": made.text, "html": made.html}
            for language, made in seen.made.items()
        },
    }
    with sessions.begin() as session:
        email_drafts.keep_check(session, draft, said)
    return replace(draft, checked=said)


def _too_big(where: str) -> Complaint:
    return Complaint(where, "template_too_large", f"{where} : 64 Kio au plus.", f"{where}: at most 64 KiB.")
