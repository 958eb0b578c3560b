"""`surveyor reviews`: bring in what customers wrote elsewhere, out of a file or of Google's API."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from surveyor.cli import say
from surveyor.cli.installation import installation, now
from surveyor.errors import SettingsError

if TYPE_CHECKING:
    from surveyor.flows.import_reviews import Imported
    from surveyor.ingest.review_files import Line

TOKEN = "SURVEYOR_GOOGLE_TOKEN"  # noqa: S105 - the name of a variable


@click.group("reviews")
def reviews() -> None:
    """Reviews that customers published elsewhere."""


@reviews.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", default="google", show_default=True, help="The site they come from.")
@click.option("--store", default="", help="The store of a file that names none.")
@say.json_option
def import_file(file: Path, source: str, store: str, as_json: bool) -> int:
    """Import a CSV or a JSON export of Google; the receipt says what became of every line."""
    from surveyor.flows.import_reviews import File, import_reviews
    from surveyor.flows.manage_users import HOST
    from surveyor.ingest.review_files import read_reviews

    raw = file.read_bytes()
    with installation() as house:
        lines = read_reviews(raw, store=store)
        done = import_reviews(house.sessions, File(source, file.name, raw), lines, by=HOST, now=now())
    return _told(done, as_json)


@reviews.command("fetch")
@click.argument("location")
@click.option("--store", required=True, help="The store that the location is.")
@click.option("--host", default="", hidden=True)
@say.json_option
def fetch(location: str, store: str, host: str, as_json: bool) -> int:
    """Read the reviews of accounts/NUMBER/locations/NUMBER with the token in SURVEYOR_GOOGLE_TOKEN (or its _FILE)."""
    from surveyor.flows.import_reviews import File, import_reviews
    from surveyor.flows.manage_users import HOST
    from surveyor.ingest.google_reviews import HOST as GOOGLE
    from surveyor.ingest.google_reviews import Account, pages

    def lines(account: Account) -> Iterator[Line]:
        for page in pages(location, store, account):
            yield from page

    with installation() as house:
        found = lines(Account(_token(), host or GOOGLE))
        done = import_reviews(house.sessions, File("google", location), found, by=HOST, now=now())
    return _told(done, as_json)


def _token() -> str:
    """The token, from the environment or from a file it names; never an argument, which other programs can read."""
    place = os.environ.get(f"{TOKEN}_FILE", "")
    found = Path(place).read_text("utf-8").strip() if place else os.environ.get(TOKEN, "").strip()
    if not found:
        raise SettingsError(f"{TOKEN}: an access token of the Business Profile API, or {TOKEN}_FILE")
    return found


def _told(done: Imported, as_json: bool) -> int:
    counts = {"accepted": done.counts.accepted, "changed": done.counts.changed, "duplicates": done.counts.duplicates}
    if as_json:
        refused = [{"line": one.line, "field": one.field, "code": one.code} for one in done.refused]
        say.as_json({"ok": not refused, **counts, "rejected": done.rejected, "refused": refused})
    else:
        print("reviews: " + ", ".join(f"{n} {name}" for name, n in counts.items()) + f", {done.rejected} rejected")
        for one in done.refused:
            say.remark(f"line {one.line}: {one.code}: {one.field}")
    return 1 if done.refused else 0
