"""`surveyor responses|costs|tickets|mentions import`: a file, a receipt, the refused lines apart."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from surveyor.cli import language, say
from surveyor.cli.files import check_encoding
from surveyor.cli.installation import Installation, installation, instant

if TYPE_CHECKING:
    from surveyor.core.mapping import Mapping as Columns
    from surveyor.flows.import_lines import Kind, LinesReceipt
    from surveyor.flows.import_orders.receipt import Refusal

FILE = click.Path(path_type=Path)
SHOWN = 100
_COUNTS = ("accepted", "duplicates", "conflicts", "rejected")


@click.group("responses")
def responses() -> None:
    """Past answers of another tool, kept apart with their source."""


@responses.command("import")
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, help="Which column is what (TOML); guessed from the header when left out.")
@click.option("--source", default="", help="The name of the other tool.  [default: what the mapping says]")
@click.option("--encoding", default="", help="UTF-8, cp1252, latin-1…; found when left out.")
@click.option("--guess", is_flag=True, help="Print the mapping that the first rows suggest, import nothing.")
@click.option("--dry-run", is_flag=True, help="Check every line, store nothing.")
@click.option("--receipt", type=FILE, help="Write the receipt here (JSON), every refused line with its reason.")
@click.option("--refused", type=FILE, help="Write the refused lines here (CSV), as they were, with their reason.")
@click.option("--now", "at", metavar="INSTANT", help="Instead of the clock (needs SURVEYOR_ALLOW_TIME_TRAVEL).")
@say.json_option
def import_responses(file: Path, mapping: Path | None, guess: bool, as_json: bool, **asked: Any) -> int:
    """Import answers out of a CSV or NDJSON file, .gz too: in no response rate, and in a score only when asked for."""
    from dataclasses import replace

    from surveyor.core.mapping import missing, read_mapping, to_toml
    from surveyor.flows.import_lines.kinds import PastAnswers

    check_encoding(asked["encoding"] or "auto", auto=True)
    columns = read_mapping(_toml(mapping)) if mapping is not None else guessed(file, asked["encoding"] or "auto")
    columns = replace(columns, **{name: asked[name] for name in ("source", "encoding") if asked[name]})
    if guess:
        print(to_toml(columns), end="")
        if lacking := missing(columns):
            print(f"\n# No column of this file was known as: {', '.join(lacking)}. Name one under [columns]")
            print("# or give one value for all lines:\n# [defaults]")
            print("\n".join(f"# {name} = {_MEANT.get(name, '…')}" for name in lacking if name in _MEANT), end="\n")
        return 0
    if lacking := missing(columns):
        names = ", ".join(lacking)
        raise click.UsageError(f"{file}: no column was known as {names}: say it with --mapping (--guess begins one)")
    return run(file, lambda house: PastAnswers(columns, house.keyring), asked | {"encoding": columns.encoding}, as_json)


#: How a value for all lines is written.
_MEANT = {"answered_at": '"2024-04-15"', "store": '"S1"'}


def side_file(name: str, what: str) -> click.Group:
    """The group `NAME` with its `import`: files of one kind, whose columns docs/imports.md names."""

    @click.group(name, help=what)
    def group() -> None:
        pass

    @group.command("import")
    @click.argument("file", type=FILE)
    @click.option("--source", default="file", show_default=True, help="Where the file comes from.")
    @click.option("--encoding", default="auto", show_default=True, help="UTF-8, cp1252, latin-1…")
    @click.option("--dry-run", is_flag=True, help="Check every line, store nothing.")
    @click.option("--receipt", type=FILE, help="Write the receipt here (JSON).")
    @click.option("--refused", type=FILE, help="Write the refused lines here (CSV), with their reason.")
    @click.option("--now", "at", metavar="INSTANT", help="Instead of the clock (needs SURVEYOR_ALLOW_TIME_TRAVEL).")
    @say.json_option
    def import_file(file: Path, as_json: bool, **asked: Any) -> int:
        """Import a CSV or NDJSON file, .gz too; a line that comes again replaces the one before."""
        from surveyor.flows.import_lines import side

        def kind(house: Installation) -> Kind:
            return side.of(name, asked["source"], house.keyring, stores={})

        return run(file, kind, asked, as_json)

    return group


costs = side_file("costs", "Money spent to win customers: CAC.")
tickets = side_file("tickets", "Contacts with customer service: resolution, reply times, service level.")
mentions = side_file("mentions", "What is said on social networks: net sentiment.")


def guessed(file: Path, encoding: str) -> Columns:
    """What the header and the first rows of a file suggest. Raises Refused when it is of no use."""
    from surveyor.core.mapping import guess

    columns, first = first_rows(file, encoding)
    return guess(columns, first)


def first_rows(file: Path, encoding: str) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns of a file and its first rows. Raises Refused."""
    from surveyor.errors import Refused
    from surveyor.ingest import files
    from surveyor.ingest.complaints import complain
    from surveyor.ingest.encodings import encoding_of

    if not file.exists():
        raise Refused([complain("file_missing", str(file))])
    return files.first_rows(file, encoding=encoding_of(file, encoding))


def run(file: Path, kind_of: Callable[[Installation], Kind], asked: Mapping[str, Any], as_json: bool) -> int:
    """Import a file and say what became of it; the exit status."""
    from surveyor.flows.import_lines import Means, Options, import_lines

    check_encoding(asked["encoding"] or "auto", auto=True)
    with installation() as house, ExitStack() as files, say.progress(str(file)) as step:
        apart = _open(files, asked.get("refused"))
        columns = first_rows(file, asked["encoding"] or "auto")[0] if apart else []
        refusals = _Refusals(apart, columns, every=bool(asked.get("receipt")))
        means = Means(house.sessions, house.settings.time_zone, refusals.add, step)
        options = Options(asked["encoding"] or "auto", asked["dry_run"])
        receipt = import_lines(
            kind_of(house), file, means, options=options, now=lambda: instant(asked["at"], house.settings)
        )
    report = _report(receipt, refusals)
    if asked.get("receipt"):
        whole = json.dumps({**report, "refused": refusals.told}, ensure_ascii=False, indent=1)
        asked["receipt"].write_text(whole + "\n", encoding="utf-8")
    if as_json:
        say.as_json({**report, "refused": refusals.told[:SHOWN]})
    else:
        _print(receipt, refusals)
    missing = receipt.problem is not None and receipt.problem.code == "file_missing"
    return 2 if missing else 0 if receipt.ok else 1


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise click.UsageError(f"--mapping {path}: {wrong.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise click.UsageError(f"--mapping {path}: {wrong}") from None


def _open(files: ExitStack, path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        return files.enter_context(path.open("w", encoding="utf-8", newline=""))
    except OSError as wrong:
        raise click.UsageError(f"--refused {path}: {wrong.strerror}") from None


class _Refusals:
    """Refused lines as they come: told, counted, and written as they were."""

    def __init__(self, file: TextIO | None, columns: list[str], *, every: bool) -> None:
        self._most = None if every else SHOWN
        self.told: list[dict[str, Any]] = []
        self.number = 0
        self._write = None if file is None else csv.writer(file)
        self._columns = columns
        if self._write is not None:
            self._write.writerow(["line", "code", "field", "message_fr", "message_en", *columns])

    def add(self, refusal: Refusal, cells: Mapping[str, Any]) -> None:
        """One more."""
        self.number += 1
        told = {"outcome": str(refusal.outcome), **refusal.to_json()}
        if self._most is None or len(self.told) < self._most:
            self.told.append(told)
        if self._write is None:
            return
        known = [told[name] for name in ("line", "code", "field", "message_fr", "message_en")]
        self._write.writerow([*known, *(cells.get(name, "") for name in self._columns)])


def _without_line(told: dict[str, Any]) -> str:
    """What is wrong, without the number of the line, which was said."""
    return str(told[f"message_{language()}"]).removeprefix(f"{told['line']}:")


def _report(receipt: LinesReceipt, refusals: _Refusals) -> dict[str, Any]:
    problem = receipt.problem
    return {
        "ok": receipt.ok,
        "file": receipt.file,
        "kind": receipt.kind,
        "source": receipt.source,
        "encoding": receipt.encoding,
        "dry_run": receipt.dry_run,
        **{name: getattr(receipt, name) for name in ("rows", *_COUNTS, "resumed_from", "already_imported")},
        "refused_lines": refusals.number,
        "problem": None
        if problem is None
        else {"code": problem.code, "message_fr": problem.message_fr, "message_en": problem.message_en},
    }


def _print(receipt: LinesReceipt, refusals: _Refusals) -> None:
    counts = ", ".join(f"{getattr(receipt, name)} {name}" for name in _COUNTS)
    said = " (dry run: nothing was stored)" if receipt.dry_run else ""
    print(f"{receipt.file}: {counts}{said} [{receipt.source}, {receipt.encoding}]")
    if receipt.problem is not None:
        say.remark(f"{receipt.file}: {receipt.problem.code}: {receipt.problem.message(language())}")
    for told in refusals.told[:SHOWN]:
        say.remark(f"{receipt.file}:{told['line']}: {told['code']}: {_without_line(told)}")
    if refusals.number > SHOWN:
        say.remark(f"… and {refusals.number - SHOWN} more lines: --refused FILE keeps them all")
