"""Work on a draft of the rules: open, change by form or by text, see what it would have done, publish or forget it.

A draft belongs to its author and decides nothing; what it becomes is a version (flows/publish_rules).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.core.rules import VOLUME_TIMES, KnownNames, check_rules
from surveyor.core.rules.check import MAX_BYTES
from surveyor.core.tokens import Keyring
from surveyor.db import rule_drafts, rules
from surveyor.db.proposals import Proposal
from surveyor.db.rule_drafts import Draft
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import publish_rules as publishing
from surveyor.flows.approvals import Place, propose_rules
from surveyor.flows.customer_journey import DEFAULTS, Defaults
from surveyor.flows.edit_rules import document
from surveyor.flows.edit_rules.drafts import NoDraft, draft_of
from surveyor.flows.edit_rules.measuring import Over, measure_draft, try_on_file

__all__ = [
    "Confirmed",
    "Defaults",
    "NoDraft",
    "Over",
    "carry_over",
    "change_draft",
    "discard_draft",
    "document",
    "forget_trial",
    "measure_draft",
    "open_draft",
    "publish_draft",
    "save_text",
    "try_on_file",
]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the author wrote when publishing: why, the tick for warnings, the number of emails when it is unusual.

    author: whose draft; name: as the history shows them. propose: a second person has to approve (flows/approvals).
    times: over how many times the emails of today the number has to be typed. keys: None: nobody is told.
    """

    author: str
    name: str
    why: str
    accept_warnings: bool = False
    volume: int | None = None
    propose: bool = False
    times: float = VOLUME_TIMES
    keys: Keyring | None = None


def open_draft(sessions: Any, author: str, *, now: datetime, number: int | None = None) -> Draft:
    """The author's draft; a new one from version `number`, or from the active one, when there is none.

    A number replaces what there was: going back to an old version begins here. Raises NotFound without that version.
    """
    with sessions.begin() as session:
        found = rule_drafts.find(session, author)
        if found is not None and number is None:
            return found
        active = rules.active(session)
        wanted = number if number is not None else active[0] if active else None
        version = None if wanted is None else rules.version(session, wanted)
        if wanted is not None and version is None:
            raise NotFound(f"There is no version {wanted} of the rules.")
        text = version.text if version is not None else "format = 1\n"
        rule_drafts.save(session, author, base=active[0] if active else None, text=text, now=now)
        made = rule_drafts.find(session, author)
    assert made is not None
    return made


def save_text(sessions: Any, author: str, text: str, *, now: datetime) -> None:
    """Keep a text, whatever is wrong with it; line ends are those of the file. Raises Refused over 1 MiB, NoDraft."""
    if len(text.encode()) > MAX_BYTES:
        raise Refused([_too_big()], status=413)
    change_draft(sessions, author, lambda _text: text.replace("\r\n", "\n"), now=now)


def change_draft(sessions: Any, author: str, change: Callable[[str], str], *, now: datetime) -> None:
    """Apply a change of `document` to the draft, in one transaction. Raises NoDraft, and what `change` raises."""
    with sessions.begin() as session:
        found = draft_of(session, author)
        rule_drafts.save(session, author, base=found.base, text=change(found.text), now=now)


def discard_draft(sessions: Any, author: str) -> None:
    """Forget the draft; nothing happens when there is none."""
    with sessions.begin() as session:
        rule_drafts.discard(session, author)


def forget_trial(sessions: Any, author: str) -> None:
    """Forget what a file said."""
    with sessions.begin() as session:
        rule_drafts.keep_trial(session, author, None)


def carry_over(sessions: Any, author: str, *, now: datetime) -> None:
    """Take the version in force as the base of the draft: its author has seen what somebody else published."""
    with sessions.begin() as session:
        found, active = draft_of(session, author), rules.active(session)
        rule_drafts.save(session, author, base=active[0] if active else None, text=found.text, now=now)


def publish_draft(
    sessions: Any,
    confirmed: Confirmed,
    *,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    known: KnownNames | None = None,
    file: Path | None = None,
) -> publishing.Published | Proposal:
    """Publish the draft, or propose it, and forget it. Raises what `publish_rules` raises, and Refused
    (`rules_not_measured`, 422).

    What the text would do must have been shown, for exactly this text against exactly the version in force.
    """
    with sessions.begin() as session:
        found, active = draft_of(session, confirmed.author), rules.active(session)
    number = active[0] if active else None
    if found.base == number and not found.is_measured(number) and check_rules(found.text.encode(), known=known)[0]:
        raise Refused([_not_measured()], status=422)
    draft = publishing.Draft(
        found.text,
        confirmed.name,
        confirmed.why,
        base=found.base,
        actor=confirmed.author,
        confirm_volume=confirmed.volume,
        accept_warnings=confirmed.accept_warnings,
        times=confirmed.times,
        said=found.measured,
    )
    done: publishing.Published | Proposal
    if confirmed.propose:
        place = Place(known, defaults=defaults, times=confirmed.times, keys=confirmed.keys)
        done = propose_rules(sessions, draft, now=now, place=place)
    else:
        done = publishing.publish_rules(sessions, draft, now=now, defaults=defaults, known=known, file=file)
    discard_draft(sessions, confirmed.author)
    return done


def _too_big() -> Complaint:
    return Complaint("text", "too_big", "Le texte dépasse 1 Mio.", "The text is over 1 MiB.")


def _not_measured() -> Complaint:
    fr = "Regardez d'abord ce que ce texte aurait fait : il n'a pas été simulé contre la version active."
    en = "Look first at what this text would have done: it was not replayed against the active version."
    return Complaint("text", "rules_not_measured", fr, en)
