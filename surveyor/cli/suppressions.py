"""`surveyor suppressions`: addresses we do not write to, out to a file or in from another tool."""

from __future__ import annotations

import csv
from typing import Any

import click

from surveyor.cli import say
from surveyor.cli.installation import defaults_of, installation, now


@click.group("suppressions")
def suppressions() -> None:
    """Addresses we do not write to: export, import."""


@suppressions.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@click.option("--addresses", is_flag=True, help="Add the addresses that are known; written to the audit chain.")
@say.json_option
def export(file: Any, addresses: bool, as_json: bool) -> None:
    """Write all that holds as CSV, by address key: keys are those of this installation's secret alone."""
    from surveyor.flows.manage_users import HOST
    from surveyor.flows.move_suppressions import export_suppressions

    rows = -1
    with installation() as house:
        write = csv.writer(file, lineterminator="\r\n")
        for row in export_suppressions(house.sessions, addresses=addresses, by=HOST, now=now()):
            write.writerow(row)
            rows += 1
    if file.name == "-" or as_json is False:
        say.remark(f"{rows} suppressions")
    else:
        say.as_json({"suppressions": rows, "file": file.name})


@suppressions.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@say.json_option
def import_(file: Any, as_json: bool) -> int:
    """Take a CSV with a column address or address_key, and optionally reason (manual) and expires_at."""
    from surveyor.flows.customer_journey import CustomerJourneys
    from surveyor.flows.manage_users import HOST
    from surveyor.flows.move_suppressions import import_suppressions

    with installation() as house:
        journeys = CustomerJourneys(house.keyring, defaults_of(house.settings))
        options: dict[str, Any] = {"keys": house.keyring, "journeys": journeys, "by": HOST, "now": now()}
        try:
            done = import_suppressions(house.sessions, file, **options)
        except (ValueError, csv.Error) as wrong:
            raise click.UsageError(f"{file.name}: {wrong}") from None
    refused = [{"line": line, "reason": why} for line, why in done.refused]
    if as_json:
        say.as_json({"new": done.new, "known": done.known, "over": done.over, "refused": refused})
    else:
        print(f"{done.new} new, {done.known} known, {done.over} over, {len(refused)} refused")
        for line, why in done.refused[:100]:
            say.remark(f"{file.name}:{line}: {why}")
    return 1 if refused else 0
