"""Publish a text of rules: checked, compared with what it would send, versioned; from then on it decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.core.rules import KnownNames, Problem, RuleSet, check_rules, diff_rules, without_header
from surveyor.core.rules.publishing import PUBLISH_STATUS, VOLUME_TIMES, reason_given, same_base, volume_confirmed
from surveyor.db import audit, proposals, rules
from surveyor.db.proposals import Decision
from surveyor.db.rules import Version
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.faults import fault
from surveyor.flows import tell_proposals
from surveyor.flows.customer_journey import DEFAULTS, Defaults
from surveyor.flows.customer_journey.regime import parse
from surveyor.flows.note_fact import note_fact
from surveyor.flows.publish_rules.file import RULES_FILE, edited_by_hand, sync_file, write_file
from surveyor.flows.replay_stored import volumes

__all__ = [
    "RULES_FILE",
    "Draft",
    "Published",
    "compare_versions",
    "edited_by_hand",
    "publish_first",
    "publish_rules",
    "ready",
    "roll_back",
    "sync_file",
    "write_file",
]


@dataclass(frozen=True, slots=True)
class Draft:
    """A text somebody wants in force. base: number of the version it was made from; ANY: whatever is active.

    author: shown in the history; actor: who the audit chain says (an id). confirm_volume: the number of emails typed
    when it is over `times` that of the active version (SURVEYOR_VOLUME_TIMES). accept_warnings: the tick. decision: of
    who approves it. said: what its what-if said, for who is to approve it.
    """

    text: str
    author: str
    why: str
    base: int | None = -1
    actor: str = ""
    confirm_volume: int | None = None
    accept_warnings: bool = False
    decision: Decision | None = None
    times: float = VOLUME_TIMES
    said: Any = None


#: `Draft.base` of a text that was made from no version in particular (the command line).
ANY = -1


@dataclass(frozen=True, slots=True)
class Published:
    """The version in force now, and the warnings that were accepted with it."""

    version: Version
    warnings: tuple[Problem, ...] = ()


def publish_rules(
    sessions: Any,
    draft: Draft,
    *,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    known: KnownNames | None = None,
    file: Path | None = None,
) -> Published:
    """Publish a draft; `file` (rules.toml) is written after the commit.

    Raises Refused, nothing changed: every error of the text (422); warnings without the tick (422, `rules_warnings`);
    `rules_version_conflict` (409) when somebody published since; `rules_reason_required` (422);
    `rules_volume_confirm` (409) when the replay of the last 30 days sends over `draft.times` what the active rules do.
    """
    draft, warnings = ready(sessions, draft, now=now, defaults=defaults, known=known)
    version = _publish(sessions, draft, now=now)
    if file is not None:
        write_file(file, version)
    return Published(version, tuple(warnings))


def ready(
    sessions: Any, draft: Draft, *, now: datetime, defaults: Defaults = DEFAULTS, known: KnownNames | None = None
) -> tuple[Draft, list[Problem]]:
    """The draft as it may be published or proposed, its base named, and its warnings. Raises as `publish_rules`."""
    text = draft.text.removeprefix("\ufeff")
    found, warnings = _checked(draft, text, known)
    over = _active(sessions)
    base = over if draft.base == ANY else draft.base
    _refuse(same_base(base=base, active=over))
    _refuse(reason_given(draft.why))
    if over is not None:
        active = parse(_version(sessions, over).text)
        new, then = volumes(sessions, found, active, now=now, defaults=defaults)
        _refuse(volume_confirmed(new=new, active=then, typed=draft.confirm_volume, times=draft.times))
    return replace(draft, text=without_header(text), base=base), warnings


def publish_first(sessions: Any, text: str, *, now: datetime, file: Path | None = None) -> Version | None:
    """Publish a text when there is no version at all (the first start); None when there is one already."""
    if _active(sessions) is not None:
        return None
    draft = Draft(text, "surveyor", "premier démarrage · first start", base=None, accept_warnings=True)
    try:
        version = publish_rules(sessions, draft, now=now).version
    except Exception:
        if _active(sessions) is None:
            raise
        return None  # another process starts at the same instant: its first version is ours
    if file is not None:
        write_file(file, version)
    return version


def roll_back(
    sessions: Any, number: int, draft: Draft, *, now: datetime, defaults: Defaults = DEFAULTS, file: Path | None = None
) -> Published:
    """Publish the text of an old version as a new one, by the same steps; `draft` says who, why and what was confirmed.

    Raises NotFound for a number nobody published, and what `publish_rules` raises.
    """
    old = _version(sessions, number)
    draft = replace(draft, text=old.text, accept_warnings=True)
    return publish_rules(sessions, draft, now=now, defaults=defaults, file=file)


def compare_versions(sessions: Any, one: int, other: int, *, language: str) -> list[str]:
    """What changed from version `one` to version `other`, by rule and key, in words."""
    return diff_rules(parse(_version(sessions, one).text), parse(_version(sessions, other).text), language)


def _checked(draft: Draft, text: str, known: KnownNames | None) -> tuple[RuleSet, list[Problem]]:
    found, problems = check_rules(text.encode(), known=known)
    if found is None:
        raise Refused([_complaint(one) for one in problems if one.level == "error"], status=422)
    if problems and not draft.accept_warnings:
        raise Refused([_complaint(one) for one in problems], status=422, code="rules_warnings")
    return found, problems


def _complaint(problem: Problem) -> Complaint:
    return Complaint(problem.where, problem.code, problem.message_fr, problem.message_en)


def _refuse(complaint: Complaint | None) -> None:
    if complaint is not None:
        raise Refused([complaint], status=PUBLISH_STATUS[complaint.code])


def _active(sessions: Any) -> int | None:
    with sessions.begin() as session:
        found = rules.active(session)
    return None if found is None else found[0]


def _version(sessions: Any, number: int) -> Version:
    with sessions.begin() as session:
        found = rules.version(session, number)
    if found is None:
        raise NotFound(f"There is no version {number} of the rules.")
    return found


def _publish(sessions: Any, draft: Draft, *, now: datetime) -> Version:
    with sessions.begin() as session:
        if draft.decision is not None:
            tell_proposals.close(session, draft.decision, "approved", now=now)
        over = rules.lock_active(session)
        _refuse(same_base(base=draft.base, active=over))
        digest = rules.sha256(draft.text)
        version = Version((over or 0) + 1, over, draft.text, digest, draft.author, draft.why.strip(), now)
        rules.publish(session, version, over=over)
        after: dict[str, Any] = {"version": version.number, "sha256": digest.hex(), "length": len(draft.text)}
        if draft.decision is not None:
            proposals.became(session, draft.decision.id, version.number)
            after["approved_by"] = draft.decision.by
        who = draft.actor or draft.author
        entry = audit.Entry(who, "rules.publish", f"version {version.number}", {"version": over}, after, version.why)
        audit.append(session, entry, now=now)
        published = {"version": version.number, "sha256": digest.hex()}
        note_fact(session, "rules.published", str(version.number), published, now=now)
        fault("rules.in_tx")
    fault("rules.committed")
    return version
