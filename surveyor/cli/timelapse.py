"""`surveyor timelapse`: live a file of orders through the real line under a virtual clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from surveyor.cli import language, say
from surveyor.cli.installation import installation, settings
from surveyor.errors import SettingsError

if TYPE_CHECKING:
    from surveyor.errors import Complaint

#: What is due after the last order of a file is lived too.
AFTER = timedelta(days=7)
HANDED_TO_NOBODY = ("outbox", "memory")


@click.command("timelapse")
@click.option("--orders", required=True, type=click.Path(path_type=Path), help="CSV or NDJSON, .gz too; any order.")
@click.option("--answers", default="none", show_default=True, help="none, simulated, or a CSV of answers by order_id.")
@click.option("--from", "begin", metavar="INSTANT", help="Leave out what was received before.")
@click.option("--to", "end", metavar="INSTANT", help="Stop there.  [default: 7 days after the last order]")
@click.option("--source", default="file", show_default=True, help="Event ids are once-only within a source.")
@say.json_option
def timelapse(orders: Path, answers: str, begin: str | None, end: str | None, source: str, as_json: bool) -> int:
    """Feed orders through the real line under a virtual clock: decisions, emails, deliveries, visits, answers.

    Needs SURVEYOR_ALLOW_TIME_TRAVEL, and a mail provider that hands over to nobody (outbox or memory).
    """
    found = settings()
    _allowed(found)
    from surveyor.app import build_services
    from surveyor.jobs.clock import Clock
    from surveyor.jobs.timelapse import VirtualClock, files, live

    refused: list[Complaint] = []
    events = files.received(orders, refuse=refused.append)
    first, last = _instant(begin, found), _instant(end, found)
    events = [one for one in events if (first is None or one[0] >= first) and (last is None or one[0] <= last)]
    for complaint in refused[:20]:
        say.remark(f"{orders}: {complaint.code}: {complaint.message(language())}")
    if not events:
        raise click.UsageError(f"{orders}: no order event to live")
    clock = VirtualClock(events[0][0])
    people, until = _people(answers), last or events[-1][0] + AFTER
    with installation() as house, say.progress(orders.name, len(events)) as step:
        services = build_services(found, now=clock, sessions=house.sessions, read_sessions=house.sessions)
        Clock(services).heartbeat(clock())
        lived = live(services, events, source=source, people=people, until=until, on_progress=step)
        Clock(services).heartbeat(clock())
    counts = {"orders": dict(lived.orders), "emails": dict(lived.emails), "reactions": dict(lived.reactions)}
    report: dict[str, Any] = counts | {"refused": len(refused), "from": events[0][0], "until": lived.until}
    if as_json:
        say.as_json(report)
    else:
        say.table([(what, name, n) for what, by in counts.items() for name, n in by.items()])
    return 1 if refused else 0


def _allowed(found: Any) -> None:
    if not found.allow_time_travel:
        raise SettingsError("SURVEYOR_ALLOW_TIME_TRAVEL: expected 1 to live orders at another instant than now")
    if found.mail_url.partition(":")[0] not in HANDED_TO_NOBODY:
        raise SettingsError("SURVEYOR_MAIL_URL: expected outbox:// or memory://: a virtual clock hands over to nobody")


def _people(answers: str) -> Any:
    from surveyor.jobs.timelapse import files, nobody

    if answers == "none":
        return nobody
    if answers == "simulated":
        from surveyor.testing.demo.people import Strangers

        return Strangers()
    return files.Answers(Path(answers))


def _instant(text: str | None, found: Any) -> datetime | None:
    """An instant with its offset, or a day: its midnight in the default zone."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-02"):
            return datetime.combine(date.fromisoformat(text), time(), ZoneInfo(found.time_zone)).astimezone(UTC)
        given = datetime.fromisoformat(text)
    except ValueError:
        given = None
    if given is None or given.tzinfo is None:
        raise click.UsageError(f"{text!r} is neither a day nor an instant with its offset: 2026-11-02T10:00:00+01:00")
    return given.astimezone(UTC)
