"""`surveyor check`: what must always hold along the line, in one snapshot; status 1 when something does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from surveyor.cli import language, say
from surveyor.cli.installation import Installation, defaults_of, installation, now, rules_file


@click.command("check")
@click.option("--repair-tallies", is_flag=True, help="Write the tallies anew from the rows, after the look.")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What the outside saw, one JSON a line.",
)
@say.json_option
def check(repair_tallies: bool, ledger: Path | None, as_json: bool) -> int:
    """Look at the invariants E1 to E11, and at an outside ledger when one is given."""
    from surveyor.db.engine import make_engine, make_sessions
    from surveyor.flows.check_invariants import check_invariants, read_ledger

    with installation() as house:
        file = rules_file(house.settings)
        # A look takes as long as the ledger is long: it must not hold the one writer that SQLite lets in.
        looking = make_engine(house.settings.database_url, read_only=True)
        report = check_invariants(
            make_sessions(looking),
            now=now(),
            defaults=defaults_of(house.settings),
            rules_file=file if file.exists() else None,
            ledger=None if ledger is None else read_ledger(ledger),
        )
        looking.dispose()
        repaired = _repair(house) if repair_tallies else []
    if as_json:
        say.as_json(
            {
                "ok": report.ok,
                "checked": report.checked,
                "findings": report.findings,
                "decisions": {"compared": report.proof.compared, "found": report.proof.found},
                "repaired": len(repaired),
            }
        )
    else:
        for one in report.findings:
            print(one)
        print(report.proof.sentence(language()))
        print(f"{', '.join(report.checked)}: " + ("all hold" if report.ok else f"{len(report.findings)} do not hold"))
        if repair_tallies:
            print(f"{len(repaired)} cells of the tallies were written anew")
    return 0 if report.ok else 1


def _repair(house: Installation) -> list[Any]:
    from surveyor.flows.rebuild_tallies import rebuild_tallies

    return rebuild_tallies(house.sessions, now=now(), defaults=defaults_of(house.settings))
