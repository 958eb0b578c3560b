"""`surveyor quarantine`: events that could not be used, shown without the person they are about, or replayed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from surveyor.cli import say
from surveyor.cli.installation import defaults_of, installation, now

HEADS = ("id", "source", "received", "tries", "reason")


@click.group("quarantine")
def quarantine() -> None:
    """Events that could not be used: list, show, replay, drop."""


@quarantine.command("list")
@click.option("--source", default="", help="Of this source alone.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@say.json_option
def list_all(source: str, limit: int, as_json: bool) -> None:
    """The newest first."""
    from surveyor.db.quarantine import by_source, kept

    with installation() as house, house.sessions() as session:
        found, total = kept(session, source=source, limit=limit), sum(by_source(session).values())
    if as_json:
        names = ("id", "source", "event_id", "why", "tries", "received_at")
        say.as_json({"total": total, "events": [{name: getattr(one, name) for name in names} for one in found]})
        return
    say.table([(one.id.hex, one.source, one.received_at, one.tries, one.why) for one in found], HEADS)
    say.remark(f"{len(found)} of {total}")


@quarantine.command("show")
@click.argument("event")
@click.option("--raw", is_flag=True, help="The body as it came, personal data included.")
@say.json_option
def show(event: str, raw: bool, as_json: bool) -> int:
    """One event: its reason and its outline, or its whole body."""
    from surveyor.core.outlines import outline
    from surveyor.db.quarantine import one

    with installation() as house, house.sessions() as session:
        found = one(session, _id(event))
    if found is None:
        say.remark(f"{event} is not in quarantine")
        return 1
    if as_json:
        names = ("id", "source", "event_id", "why", "tries", "received_at")
        body: dict[str, Any] = {"body": found.body} if raw else {"outline": outline(found.body)}
        say.as_json({name: getattr(found, name) for name in names} | body)
        return 0
    say.remark(f"{found.source}, {found.received_at.isoformat(timespec='seconds')}: {found.why}")
    print(found.body if raw else "\n".join(outline(found.body)))
    return 0


@quarantine.command("replay")
@click.argument("events", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that is in quarantine.")
@click.option("--source", default="", help="With --all: of this source alone.")
@say.json_option
def replay(events: tuple[str, ...], everything: bool, source: str, as_json: bool) -> int:
    """Record again what was kept; status 1 when something is still wrong."""
    from surveyor.flows.manage_users import HOST
    from surveyor.flows.replay_quarantined import replay_quarantined

    with installation() as house:
        ids = _asked(house.sessions, events, everything, source)
        done = replay_quarantined(
            house.sessions, ids, keys=house.keyring, now=now(), by=HOST, defaults=defaults_of(house.settings)
        )
    return _told(done, as_json)


@quarantine.command("drop")
@click.argument("events", nargs=-1, required=True)
@say.json_option
def drop(events: tuple[str, ...], as_json: bool) -> int:
    """Take events out of the quarantine for good; they stay stored, and nothing comes of them."""
    from surveyor.flows.manage_users import HOST
    from surveyor.flows.replay_quarantined import drop_quarantined

    with installation() as house:
        done = drop_quarantined(house.sessions, [_id(event) for event in events], by=HOST, now=now())
    return _told(done, as_json)


def _asked(sessions: Any, events: tuple[str, ...], everything: bool, source: str) -> list[UUID]:
    if everything == bool(events):
        raise click.UsageError("name events, or give --all")
    if not everything:
        return [_id(event) for event in events]
    from surveyor.db.quarantine import every_id

    with sessions() as session:
        return list(every_id(session, source=source))


def _told(done: list[Any], as_json: bool) -> int:
    if as_json:
        say.as_json({"events": done})
    else:
        say.table([(one.id.hex, one.outcome, one.why) for one in done], ("id", "outcome", "reason"))
    return 1 if any(one.outcome in ("failed", "gone") for one in done) else 0


def _id(text: str) -> UUID:
    try:
        return UUID(hex=text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no id: `surveyor quarantine list` shows them") from None
