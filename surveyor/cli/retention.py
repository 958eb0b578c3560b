"""`surveyor retention`: let go of what was kept for long enough, with the invariants looked at before and after."""

from __future__ import annotations

from typing import Any

import click

from surveyor.cli import say
from surveyor.cli.installation import Installation, defaults_of, installation, instant, rules_file


@click.group("retention")
def retention() -> None:
    """How long things are kept: run."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Only say how much is over.")
@click.option("--now", "given", help="Work at this instant, in place of the clock (needs time travel).")
@say.json_option
def run(dry_run: bool, given: str | None, as_json: bool) -> int:
    """Empty or delete what is over, by class; status 1 when an invariant holds no more."""
    from surveyor.core.retention import PERIODS
    from surveyor.flows.run_retention import run_retention
    from surveyor.jobs.desk import outbox_folder

    with installation() as house:
        at = instant(given, house.settings)
        before = set() if dry_run else _broken(house, at)
        done = run_retention(house.sessions, outbox=outbox_folder(house.settings), now=at, dry=dry_run)
        new = sorted(set() if dry_run else _broken(house, at) - before)
    if as_json:
        say.as_json({"dry_run": done.dry, "classes": dict(done.counts), "broken_before": sorted(before), "broken": new})
    else:
        kept = {name: (f"{p.months} months" if p.months else f"{p.days} days") for name, p in PERIODS.items()}
        say.table([(name, kept[name], n) for name, n in done.counts.items()], ("class", "kept", "over"))
        say.remark("nothing was changed: --dry-run" if dry_run else f"{done.total} emptied or deleted")
        for code, what in sorted(before):
            say.remark(f"before: {code}: {what}")
        for code, what in new:
            say.remark(f"broken by this run: {code}: {what}")
    return 1 if new else 0


def _broken(house: Installation, at: Any) -> set[tuple[str, str]]:
    from surveyor.flows.check_invariants import check_invariants

    defaults, file = defaults_of(house.settings), rules_file(house.settings)
    report = check_invariants(house.sessions, now=at, defaults=defaults, rules_file=file)
    return {(one.code, one.what) for one in report.findings}
