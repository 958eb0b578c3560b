"""`surveyor reference import` and `surveyor customers import`: what orders refer to, out of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from surveyor.cli import language, say
from surveyor.cli.files import check_encoding
from surveyor.cli.installation import installation, instant

if TYPE_CHECKING:
    from surveyor.flows.import_reference import Declared

FILE = click.Path(path_type=Path)


@click.group("reference")
def reference() -> None:
    """Stores with their regions, brands and segments."""


@reference.command("import")
@click.argument("file", type=FILE)
@click.option("--encoding", default="auto", show_default=True, help="What the file is written in; found when auto.")
@click.option("--dry-run", is_flag=True, help="Check every line, store nothing.")
@click.option("--now", "at", metavar="INSTANT", help="Instead of the clock (needs SURVEYOR_ALLOW_TIME_TRAVEL).")
@say.json_option
def import_reference(file: Path, as_json: bool, **asked: Any) -> int:
    """Declare the stores of a CSV or NDJSON file; what it leaves empty changes nothing."""
    return declare("stores", file, asked, as_json)


def declare(kind: str, file: Path, asked: dict[str, Any], as_json: bool) -> int:
    """Declare stores or customers and print the receipt; the exit status."""
    from surveyor.flows.import_reference import import_customers, import_stores, rehearsed
    from surveyor.ingest.encodings import encoding_of

    if not file.exists():
        raise click.UsageError(f"{file}: file not found")
    check_encoding(asked["encoding"], auto=True)
    with installation() as house:
        here = rehearsed(house) if asked["dry_run"] else house
        act = import_stores if kind == "stores" else import_customers
        encoding = encoding_of(file, asked["encoding"])
        found = act(here, file, encoding=encoding, now=instant(asked["at"], house.settings))
    if as_json:
        say.as_json(report(kind, file, found, encoding=encoding, dry_run=asked["dry_run"]))
    else:
        said = " (dry run: nothing was stored)" if asked["dry_run"] else ""
        print(f"{kind}: {found.added} added, {found.changed} changed, {len(found.refused)} refused{said} [{encoding}]")
        for complaint in found.refused[:100]:
            say.remark(f"{file}:{complaint.where}: {complaint.code}: {complaint.message(language())}")
    return 1 if found.refused else 0


def report(kind: str, file: Path, found: Declared, *, encoding: str, dry_run: bool) -> dict[str, Any]:
    """The receipt, every refused line with its place, code and sentence in both languages."""
    refused = [
        {
            "line": int(line) if (line := one.where.partition(":")[0]).isdigit() else 0,
            "field": one.where.partition(":")[2],
            "code": one.code,
            "message_fr": one.message_fr,
            "message_en": one.message_en,
        }
        for one in found.refused
    ]
    counts = {"added": found.added, "changed": found.changed, "rejected": len(refused)}
    return {
        "ok": not refused,
        "file": file.name,
        "kind": kind,
        "encoding": encoding,
        "dry_run": dry_run,
        **counts,
        "refused": refused,
    }
