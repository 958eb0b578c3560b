"""Replay a draft beside the version in force, over stored orders or over a file that is sent and kept no longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from surveyor.core.replay import Gathering, Period, bases_of, replay
from surveyor.core.rules import KnownNames, RuleSet, check_rules
from surveyor.db import rule_drafts, rules
from surveyor.db.alerts import raise_alert
from surveyor.db.rule_drafts import Draft
from surveyor.db.rules import sha256
from surveyor.errors import Complaint, Refused, ReplayDiffers
from surveyor.flows.customer_journey import DEFAULTS, Defaults, read_terms
from surveyor.flows.edit_rules.drafts import draft_of
from surveyor.flows.edit_rules.measure import READING, Asked, foretold, in_parts, measured, report, year_before
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.ingest.order_files import Faults, order_rows

#: A replay that says nothing for so long has ended with its process.
MEASURE_LASTS = timedelta(minutes=15)
#: Two ways to replay a text disagreed.
DIFFERS = "what_if_differs"
#: Longest period over stored orders, in days, and how far back it may begin.
MOST_DAYS = 3 * 366
#: Complaints about rows of a file that are kept.
MOST_FAULTS = 10


@dataclass(frozen=True, slots=True)
class Over:
    """What stored orders a draft is replayed over. days: local days of sending; None: the last 12 months.

    read: sessions that read alone; without them a replay by columns does not say how far it is.
    """

    days: Period | None = None
    read: Any = None


LAST_YEAR = Over()


def measure_draft(
    sessions: Any,
    author: str,
    *,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    known: KnownNames | None = None,
    over: Over = LAST_YEAR,
) -> bool:
    """Replay the draft against the version in force over the stored orders, and keep what it said.

    False when the text has an error or another replay of it is
    under way: nothing is replayed. Raises ReplayDiffers, which leaves an alert and a draft without figures.
    """
    begun = _begin(sessions, author, now=now, known=known)
    if begun is None:
        return False
    found, text, active = begun
    asked = Asked(over.days or year_before(now, defaults.zone), now, defaults, over.read)
    try:
        said = measured(sessions, text, active, asked=asked, told=_teller(sessions, author))
    except ReplayDiffers as differs:
        with sessions.begin() as session:
            rule_drafts.keep_measure(session, found, {"differs": str(differs)})
            raise_alert(session, DIFFERS, now=now, detail=str(differs))
        raise
    except BaseException:
        with sessions.begin() as session:
            rule_drafts.mark_measuring(session, author, None)
        raise
    with sessions.begin() as session:
        rule_drafts.keep_measure(session, found, said)
    return True


def try_on_file(
    sessions: Any,
    author: str,
    file: Path,
    *,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    known: KnownNames | None = None,
) -> bool:
    """Replay the draft against the version in force over a file of orders; the file is gone afterwards, come what may.

    What is kept says nothing of publishing: those orders need not be ours. False as `measure_draft`.
    """
    try:
        begun = _begin(sessions, author, now=now, known=known)
        if begun is None:
            return False
        found, text, active = begun
        try:
            asked = Asked(year_before(now, defaults.zone), now, defaults)
            said = _over_file(sessions, text, active, file, asked=asked, told=_teller(sessions, author))
        except Refused as refused:
            said = {"refused": [_plain(one) for one in refused.complaints[:MOST_FAULTS]]}
        except BaseException:
            with sessions.begin() as session:
                rule_drafts.mark_measuring(session, author, None)
            raise
        said |= {"sha256": sha256(found.text).hex(), "base": found.base}
        with sessions.begin() as session:
            rule_drafts.keep_trial(session, author, said)
        return True
    finally:
        file.unlink(missing_ok=True)


def _begin(
    sessions: Any, author: str, *, now: datetime, known: KnownNames | None
) -> tuple[Draft, RuleSet, str | None] | None:
    """The draft with its base in force, its rules and the active text; marked as being replayed."""
    with sessions.begin() as session:
        found = draft_of(session, author)
        since = found.measuring_since
        text, _ = check_rules(found.text.encode(), known=known)
        if text is None or (since is not None and now - since < MEASURE_LASTS):
            return None
        active = rules.active(session)
        version = rules.version(session, active[0]) if active else None
        rule_drafts.mark_measuring(session, author, now)
    return replace(found, base=active[0] if active else None), text, version.text if version else None


def _teller(sessions: Any, author: str) -> Callable[[int], None]:
    """Who writes down how far a replay is; each part has its own transaction."""

    def told(percent: int) -> None:
        with sessions.begin() as session:
            rule_drafts.mark_progress(session, author, percent)

    return told


def _over_file(
    sessions: Any, text: RuleSet, active: str | None, file: Path, *, asked: Asked, told: Callable[[int], None]
) -> dict[str, Any]:
    against = None if active is None else check_rules(active.encode())[0]
    with sessions.begin() as session:
        stores = read_terms(session, asked.defaults, read=lambda _session: (0, text)).regime.stores
    faults, gathering = Faults(), Gathering(bases_of(text, against), stores)
    with quiet_memory():
        gathering.take(order_rows(file, faults))
        told(READING)
        result = replay(gathering.done(), text, against=against, live=in_parts(told, against is not None))
    said = report(result.figures, result.run, result.against_run)
    days = sorted({*said["by_day"], *said.get("against", {}).get("by_day", ())})
    said["from"], said["to"] = (days[0], days[-1]) if days else (None, None)
    said["rows_refused"] = faults.count
    said["faults"] = [_plain(one) for one in faults.first[:MOST_FAULTS]]
    return foretold(sessions, said, asked.period.last, asked.defaults)


def _plain(one: Complaint) -> dict[str, str]:
    return {"where": one.where, "code": one.code, "fr": one.message_fr, "en": one.message_en}
