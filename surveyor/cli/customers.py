"""`surveyor customers`: import, a person's copy of what is kept, and their erasure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from surveyor.cli import language, say
from surveyor.cli.installation import defaults_of, installation, now

if TYPE_CHECKING:
    from uuid import UUID


@click.group("customers")
def customers() -> None:
    """Import; what a person may ask for: export, erase."""


@customers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--encoding", default="auto", show_default=True, help="What the file is written in; found when auto.")
@click.option("--dry-run", is_flag=True, help="Check every line, store nothing.")
@click.option("--now", "at", metavar="INSTANT", help="Instead of the clock (needs SURVEYOR_ALLOW_TIME_TRAVEL).")
@say.json_option
def import_file(file: Path, as_json: bool, **asked: Any) -> int:
    """Declare the customers of a CSV or NDJSON file: names, language, segment, address, acquisition_source."""
    from surveyor.cli.reference import declare

    return declare("customers", file, asked, as_json)


@customers.command("export")
@click.argument("customer", metavar="ID")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder.  [default: .]")
@say.json_option
def export(customer: str, out: Path, as_json: bool) -> None:
    """Write everything that is kept of a customer: one JSON file and one page to read. ID: the source's, or ours."""
    from surveyor.flows.export_customer import export_customer, page_of
    from surveyor.flows.manage_users import HOST
    from surveyor.jobs.desk import outbox_folder

    with installation() as house:
        found = _found(house.sessions, customer)
        copy = export_customer(house.sessions, found, outbox=outbox_folder(house.settings), by=HOST, now=now())
    plain = copy.plain()
    if as_json:
        say.as_json(plain)
        return
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    for end, text in (
        ("json", json.dumps(plain, ensure_ascii=False, indent=2) + "\n"),
        ("html", page_of(plain, language())),
    ):
        path = out / f"customer-{found.hex}.{end}"
        path.write_text(text, encoding="utf-8")
        print(path)


@customers.command("erase")
@click.argument("customer", metavar="ID")
@say.json_option
def erase(customer: str, as_json: bool) -> int:
    """Erase a customer now: nothing is sent any more, and everything that names them is emptied. No way back."""
    from surveyor.db import erasures
    from surveyor.flows.customer_journey import CustomerJourneys
    from surveyor.flows.erase_customer import Means, erase_waiting, request_erasure
    from surveyor.flows.manage_users import HOST
    from surveyor.jobs.desk import outbox_folder

    with installation() as house:
        home, at = house.settings.home, now()
        journeys = CustomerJourneys(house.keyring, defaults_of(house.settings))
        found = _found(house.sessions, customer)
        erasure = request_erasure(house.sessions, found, by=HOST, home=home, journeys=journeys, now=at)
        erase_waiting(house.sessions, Means(house.keyring, home, outbox_folder(house.settings)), now=at)
        with house.sessions() as session:
            row = erasures.one(session, erasure)
    assert row is not None
    done = row.done_at is not None
    if as_json:
        say.as_json({"erasure": erasure.hex, "done": done, "receipt": dict(row.receipt)})
        return 0
    say.table([("erasure", erasure.hex), *row.receipt.items()])
    if not done:
        say.remark("an email is on its way: the clock finishes the rest once it is settled")
    return 0


def _found(sessions: Any, name: str) -> UUID:
    """Our id of a customer named by the source's id or by ours. NotFound otherwise."""
    from uuid import UUID

    from surveyor.db import customers as rows
    from surveyor.errors import NotFound

    with sessions() as session:
        found = rows.by_external_id(session, [name]).get(name)
        if found is None and len(name) in (32, 36):
            try:
                found = rows.by_id(session, [UUID(name)]).get(UUID(name))
            except ValueError:
                found = None
    if found is None:
        raise NotFound("no such customer: give the id that the source uses, or the id of the customer here")
    return found.id
