"""`surveyor replay`: what these rules would have sent over real orders; only the list asked for is written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from surveyor.cli import say
from surveyor.cli.installation import defaults_of, installation, now
from surveyor.errors import NotFound

FILE = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
YEAR = 365


@click.command("replay")
@click.option("--orders", required=True, help="CSV or NDJSON, .gz too; or `stored`: those of the database.")
@click.option("--rules", required=True, type=FILE, help="The rules to live them under.")
@click.option("--against", help="Other rules to compare with: a FILE, or `active`.")
@click.option("--stores", type=FILE, help="Stores with their time zone; else the offsets written in the orders.")
@click.option("--sends", type=FILE, help="Write one CSV row per email here.")
@click.option("--from", "first", type=DAY, help="First local date of sending that counts.")
@click.option("--to", "last", type=DAY, help="Last local date, included.")
@say.json_option
def replay(orders: str, against: str | None, as_json: bool, **asked: Any) -> int:
    """Say what these rules would have done; no email, and no database when the orders are a file."""
    days = {name: asked.pop(name).date() if asked[name] else asked.pop(name) for name in ("first", "last")}
    if days["first"] and days["last"] and days["first"] > days["last"]:
        raise click.UsageError("--from comes after --to")
    if orders == "stored" and asked["stores"]:
        raise click.UsageError("--stores is for orders of a file: stored ones have the time zones of their stores")
    with _rules_text(against) as other:
        if orders == "stored":
            report = _stored(asked["rules"], other, asked["sends"], **days)
        else:
            report = _files(Path(orders), other, **asked, **days)
    if as_json:
        say.as_json(report)
    else:
        _print(report)
    return 1 if report.get("rows_refused") else 0


@contextmanager
def _rules_text(against: str | None) -> Iterator[Path | None]:
    """The file of the rules compared with; the active ones are written to one for the time of the replay."""
    if against != "active":
        yield Path(against) if against else None
        return
    from surveyor.db import rules

    with installation() as house, house.sessions() as session:
        active = rules.active(session)
        found = rules.version(session, active[0]) if active else None
    if found is None:
        raise NotFound("no version of the rules is active: `surveyor rules publish` makes one")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".toml") as copy:
        copy.write(found.text)
        copy.flush()
        yield Path(copy.name)


def _files(orders: Path, against: Path | None, **asked: Any) -> dict[str, Any]:
    from surveyor.flows.replay_orders import Asked, replay_files

    with say.progress("orders") as step:
        seen = {"read": 0}

        def told(what: str, count: int) -> None:
            if what == "read":
                step(count - seen["read"])
                seen["read"] = count

        return replay_files(Asked(orders, against=against, **asked), progress=told)


def _stored(
    rules: Path, against: Path | None, sends: Path | None, *, first: date | None, last: date | None
) -> dict[str, Any]:
    """The orders of the database; the last 12 months without --from."""
    from surveyor.core.replay import Period
    from surveyor.flows.replay_orders import read_rules, write_sends
    from surveyor.flows.replay_stored import How, replay_stored
    from surveyor.flows.split_replay import split_run

    own, other = read_rules(rules), None if against is None else read_rules(against)
    end = (last or now().date()).toordinal()
    begin = first.toordinal() if first else end - YEAR + 1
    with installation() as house:
        period, defaults = Period(begin, end, end), defaults_of(house.settings)
        how = How(live=split_run)
        result = replay_stored(house.sessions, own, against=other, period=period, defaults=defaults, how=how)
    if sends is not None:
        write_sends(sends, result.run.sends)
    days = {"from": date.fromordinal(begin).isoformat(), "to": date.fromordinal(end).isoformat()}
    return {**result.figures, **days}


def _print(report: dict[str, Any]) -> None:
    """The figures, one a line; those that are tables under their name."""
    for name, value in report.items():
        if isinstance(value, dict):
            print(f"{name}:")
            say.table([(f"  {key}", _text(one)) for key, one in value.items()])
        elif name == "refused":
            for one in value:
                say.remark(f"{one['where']}: {one['code']}: {one['message']}")
        else:
            print(f"{name}: {_text(value)}")


def _text(value: Any) -> str:
    return "-" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
