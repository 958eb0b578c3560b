"""`surveyor labels`: check a lexicon, and measure one on verbatims that a person labelled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from surveyor.cli import language, say

if TYPE_CHECKING:
    from surveyor.core.labels import Lexicon, Polarity
    from surveyor.core.labels.quality import Quality

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("labels")
def labels() -> None:
    """Labels of verbatims: check a lexicon, measure it. Nothing is written, no database is needed."""


@labels.command("check")
@click.argument("file", type=FILE)
@say.json_option
def check(file: Path, as_json: bool) -> int:
    """Say what is wrong with a lexicon, line by line, its examples included; 1 when something is."""
    from surveyor.core.labels import read_lexicon

    lexicon, wrong = read_lexicon(_text(file))
    if as_json:
        rows = [{"where": one.where, "code": one.code, "message": one.message(language())} for one in wrong]
        say.as_json({"ok": lexicon is not None, "complaints": rows})
    else:
        print("\n".join(f"{file}:{one.where}: {one.message(language())}" for one in wrong) or "ok")
    return 1 if wrong else 0


@labels.command("measure")
@click.argument("file", type=FILE)
@click.option("--lexicon", "text", type=FILE, help="Another lexicon than the one that comes with the product.")
@say.json_option
def measure(file: Path, text: Path | None, as_json: bool) -> int:
    """Precision and recall on a CSV with the columns `comment`, `labels` (`waiting:negative price:positive`) and,
    if it has one, `language`. Only figures are printed, no verbatim.
    """
    from surveyor.core.labels import quality, sort_verbatim
    from surveyor.core.labels.quality import overall

    lexicon = _lexicon(text)
    pairs = [
        (told, {one.label: one.polarity for one in sort_verbatim(lexicon, comment, spoken).counted})
        for comment, spoken, told in _rows(file)
    ]
    rows = quality(pairs, [one.id for one in lexicon.labels])
    rows = [overall(rows), *(row for row in rows if row.true or row.given)]
    if as_json:
        say.as_json({"verbatims": len(pairs), "labels": [_plain(row) for row in rows]})
    else:
        print(f"{len(pairs)} verbatims")
        heads = ("label", "person", "rules", "precision", "recall", "polarity")
        say.table([(row.label or "all", row.true, row.given, *_rates(row)) for row in rows], heads)
    return 0


def _text(file: Path) -> str:
    """What a file says. Raises UsageError when it is no text in UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise click.UsageError(f"{file}: not UTF-8 at byte {wrong.start}: save the file as UTF-8") from None


def _lexicon(text: Path | None) -> Lexicon:
    from surveyor.core.labels import read_lexicon
    from surveyor.errors import Refused
    from surveyor.flows.sort_verbatims import shipped_text

    lexicon, wrong = read_lexicon(_text(text) if text else shipped_text())
    if lexicon is None:
        raise Refused(wrong)
    return lexicon


def _rows(file: Path) -> Iterator[tuple[str, str, dict[str, Polarity]]]:
    from surveyor.core.labels import Polarity
    from surveyor.ingest import separated

    reader, before = separated.table(_text(file).splitlines(keepends=True))
    for number, row in enumerate(reader, 2 + before):
        try:
            pairs = [one.split(":") for one in row["labels"].split()]
            yield row["comment"], row.get("language") or "fr", {name: Polarity(meant) for name, meant in pairs}
        except (AttributeError, KeyError, ValueError) as wrong:
            expected = "columns comment and labels, labels as `waiting:negative price:positive`"
            raise click.UsageError(f"{file}:{number}: expected {expected}") from wrong


def _rates(row: Quality) -> list[str]:
    pairs = (
        (row.precision, row.precision_interval),
        (row.recall, row.recall_interval),
        (row.polarity, row.polarity_interval),
    )
    return ["-" if v is None or i is None else f"{v:.0%} [{i[0]:.0%}; {i[1]:.0%}]" for v, i in pairs]


def _plain(row: Quality) -> dict[str, object]:
    names = ("right", "wrong", "missed", "same_polarity", "precision", "recall", "polarity")
    told: dict[str, object] = {"label": row.label or "all"}
    told |= {name: getattr(row, name) for name in names}
    return told | {f"{name}_interval": getattr(row, f"{name}_interval") for name in ("precision", "recall")}
