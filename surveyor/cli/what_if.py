"""`surveyor replay`: what these rules would have sent over real orders; only the list asked for is written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from surveyor.cli import say

FILE = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("replay")
@click.option("--orders", required=True, type=FILE, help="CSV or NDJSON, .gz too.")
@click.option("--rules", required=True, type=FILE, help="The rules to live them under.")
@click.option("--against", type=FILE, help="Other rules to compare with.")
@click.option("--stores", type=FILE, help="Stores with their time zone; else the offsets written in the orders.")
@click.option("--sends", type=FILE, help="Write one CSV row per email here.")
@click.option("--from", "first", type=DAY, help="First local date of sending that counts.")
@click.option("--to", "last", type=DAY, help="Last local date, included.")
@say.json_option
def replay(as_json: bool, first: datetime | None, last: datetime | None, **files: Path | None) -> int:
    """Say what these rules would have done; no email, and no database when the orders are a file."""
    from surveyor.flows.replay_orders import Asked, replay_files

    asked = Asked(
        **files,  # type: ignore[arg-type]
        first=first.date() if first else None,
        last=last.date() if last else None,
    )
    with say.progress("orders") as step:
        seen = {"read": 0}

        def told(what: str, count: int) -> None:
            if what == "read":
                step(count - seen["read"])
                seen["read"] = count

        report = replay_files(asked, progress=told)
    if as_json:
        say.as_json(report)
    else:
        _print(report)
    return 1 if report["rows_refused"] else 0


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
