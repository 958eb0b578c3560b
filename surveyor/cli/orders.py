"""`surveyor orders import`: past or present order events out of files, each line with its verdict in a receipt."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from surveyor.cli import language, say
from surveyor.cli.files import check_encoding
from surveyor.cli.installation import Installation, installation, instant
from surveyor.cli.receipts import Receipts

if TYPE_CHECKING:
    from surveyor.flows.import_orders import Options

FILE = click.Path(path_type=Path)
MAGIC_OF_GZIP = b"\x1f\x8b"


@click.group("orders")
def orders() -> None:
    """Order events."""


@orders.command("import")
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE…]")
@click.option("--source", default="file", show_default=True, help="Where the events come from.")
@click.option("--history", is_flag=True, help="Count them in the windows of the rules, invite nobody.")
@click.option("--stores", type=FILE, help="First declare the stores of this CSV.")
@click.option("--customers", type=FILE, help="First declare the customers of this CSV.")
@click.option("--strict-stores", is_flag=True, help="Refuse orders of stores that nobody declared.")
@click.option("--encoding", default="utf-8", show_default=True, help="What the files are written in.")
@click.option("--receipt", type=FILE, help="Write the receipt here, every refused line with its reason.")
@click.option("--now", "at", metavar="INSTANT", help="Instead of the clock (needs SURVEYOR_ALLOW_TIME_TRAVEL).")
@say.json_option
def import_files(files: tuple[Path, ...], receipt: Path | None, as_json: bool, **asked: Any) -> int:
    """Import CSV or NDJSON files, .gz too, - for standard input. Stopped, it goes on where it was at the next run."""
    if not files and not asked["stores"] and not asked["customers"]:
        raise click.UsageError("name a FILE, - for standard input, or reference data with --stores or --customers")
    check_encoding(asked["encoding"])
    _check_source(asked["source"])
    with installation() as house, Receipts(receipt) as receipts:
        for kind in ("stores", "customers"):
            if asked[kind]:
                receipts.declared(kind, _declare(house, kind, asked))
        for file in files:
            _import(house, file, asked, receipts)
        report = receipts.done()
    if as_json:
        say.as_json(report)
    else:
        _print(report, receipt)
    return receipts.status


def _check_source(name: str) -> None:
    """Raises UsageError for a name that no list could show."""
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise click.UsageError("--source: a name of 1 to 200 printable characters")


def _declare(house: Installation, kind: str, asked: dict[str, Any]) -> Any:
    from surveyor.flows.import_reference import import_customers, import_stores

    declare = import_stores if kind == "stores" else import_customers
    return declare(house, asked[kind], encoding=asked["encoding"], now=instant(asked["at"], house.settings))


def _import(house: Installation, file: Path, asked: dict[str, Any], receipts: Receipts) -> None:
    from surveyor.flows.import_orders import import_orders

    with _on_disk(file, house.settings.home) as path, say.progress(f"{file}") as step:
        options = _options(file, asked)
        receipts.begin(options.name or file.name)
        receipts.imported(
            import_orders(
                house,
                path,
                options=options,
                now=lambda: instant(asked["at"], house.settings),
                on_refusal=receipts.refused,
                on_progress=step,
            )
        )


def _options(file: Path, asked: dict[str, Any]) -> Options:
    from surveyor.flows.import_orders import Options

    names = ("source", "encoding", "history", "strict_stores")
    return Options(**{name: asked[name] for name in names}, name="stdin" if str(file) == "-" else "")


@contextmanager
def _on_disk(file: Path, home: Path) -> Iterator[Path]:
    """The file itself; standard input is kept beside the data meanwhile, so that it can be read twice."""
    if str(file) != "-":
        yield file
        return
    stream = sys.stdin.buffer
    start = stream.peek(2)[:2] if hasattr(stream, "peek") else b""
    suffix = ".gz" if start == MAGIC_OF_GZIP else ""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=home, prefix=".import-", suffix=suffix) as copy:
        shutil.copyfileobj(stream, copy, 1024 * 1024)
        copy.flush()
        yield Path(copy.name)


def _print(report: dict[str, Any], receipt: Path | None) -> None:
    for kind in ("stores", "customers"):
        if kind in report:
            print(f"{kind}: {report[kind]['added']} added, {report[kind]['changed']} changed")
    for one in report["files"]:
        counts = ", ".join(f"{one[name]} {name}" for name in ("accepted", "duplicates", "conflicts", "rejected"))
        print(f"{one['file']}: {counts}" + (f" (from line {one['resumed_from']} on)" if one["resumed_from"] else ""))
        if one["problem"]:
            say.remark(f"{one['file']}: {one['problem']['code']}: {one['problem'][f'message_{language()}']}")
    for refusal in report["refused"]:
        say.remark(f"{refusal['file']}:{refusal['line']}: {refusal['code']}: {refusal[f'message_{language()}']}")
    if report["refused_not_shown"]:
        where = f"all are in {receipt}" if receipt else "--receipt FILE keeps them all"
        say.remark(f"… and {report['refused_not_shown']} more lines: {where}")
