"""`surveyor indicators`: the figures of the registry for a scope and a period, as screens and the API show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import click

from surveyor.cli import language, say
from surveyor.cli.files import read_cases
from surveyor.cli.installation import installation, now, refuse_unknown_stores

if TYPE_CHECKING:
    from datetime import date

    from surveyor.db.breaks import Break
    from surveyor.flows.measure_indicators import Group, Question, Source

DATES = ("sent", "response")
SOURCES = ("email", "import", "all")
ANSWERS = ("all", "last")
CHANGED = {
    "rules": ("règles", "rules"),
    "questions": ("questions", "questions"),
    "email": ("e-mail", "email"),
    "definition": ("calcul", "formula"),
}


@click.command("indicators")
@click.argument("names", nargs=-1, required=True, metavar="ID… | list | show ID… | try FILE")
@click.option("--scope", default="network", show_default=True, help="network, region:ID, store:ID+segment:ID…")
@click.option("--from", "first", help="First day, as 2026-10-01.")
@click.option("--to", "last", help="Last day, included.")
@click.option("--period", help="In place of the days: 2026-10, 2026-W43, 4w, 3m, 12m.")
@click.option("--by", help="day, week, month, store, brand, region, segment or rule.")
@click.option("--date", "dated_by", type=click.Choice(DATES), help="Whose day: of sending or of the answer.")
@click.option("--source", type=click.Choice(SOURCES), help="Whose answers: emails' (default), imported, all.")
@click.option("--answers", type=click.Choice(ANSWERS), help="all (default), or the last one of each customer.")
@say.json_option
def indicators(names: tuple[str, ...], as_json: bool, **asked: str | None) -> int:
    """Print figures; by day, week or month also what changed meanwhile (rules, questions, emails, formulas) and may
    move them. `list` names them all, `show ID…` says what they are; `try FILE` runs written cases (status 1 when one
    differs)."""
    if names[0] == "list" and len(names) == 1:
        return _list(as_json)
    if names[0] == "show":
        if len(names) == 1:
            raise click.UsageError("indicators show takes one ID or more")
        return _show(names[1:], as_json)
    if names[0] == "try":
        if len(names) != 2:
            raise click.UsageError("indicators try takes one FILE")
        return _try(Path(names[1]), as_json)
    return _figures(names, asked, as_json)


def _list(as_json: bool) -> int:
    from surveyor.core.indicators import REGISTRY

    shown = ("id", "key", "label_fr", "label_en", "unit", "interval", "day")
    rows = [{name: getattr(entry, name) for name in shown} for entry in REGISTRY]
    if as_json:
        say.as_json({"indicators": rows})
    else:
        label = f"label_{language()}"
        say.table([(r["id"], r["key"], r[label], r["unit"], r["interval"] or "exact", r["day"]) for r in rows])
    return 0


def _show(names: Sequence[str], as_json: bool) -> int:
    from surveyor.core.indicators import find

    told = [find(name, where="ID").describe(language()) for name in names]
    if as_json:
        say.as_json({"indicators": told})
        return 0
    for one in told:
        cut = ", ".join(str(name) for name in one["not_by"]) if isinstance(one["not_by"], list) else ""
        rows = [(name, str(value)) for name, value in {**one, "interval": one["interval"] or "exact"}.items()]
        say.table([(name, cut or "-") if name == "not_by" else (name, value) for name, value in rows])
    return 0


def _try(file: Path, as_json: bool) -> int:
    from surveyor.core.indicators.trial import Summary, try_indicators

    document = read_cases(file)
    outcomes = try_indicators(document, read=lambda name: _beside(file, name))
    summary = Summary.of(outcomes)
    if as_json:
        say.as_json({"passed": summary.passed, "failed": summary.failed, "skipped": summary.skipped, "cases": outcomes})
        return 1 if summary.failed else 0
    for outcome in outcomes:
        for difference in outcome.differences:
            print(f"{outcome.case_id} {outcome.calculation}: {difference.sentence(language())}")
        if outcome.verdict == "skipped":
            print(f"{outcome.case_id} {outcome.calculation}: skipped, its file is not here")
    print(summary)
    return 1 if summary.failed else 0


def _beside(file: Path, name: str) -> bytes | None:
    """A file that a case names, relative to the file of cases."""
    path = file.resolve().parent / name
    return path.read_bytes() if path.is_file() else None


def _figures(names: Sequence[str], asked: dict[str, str | None], as_json: bool) -> int:
    from surveyor.flows.find_breaks import SPANS, breaks_of
    from surveyor.flows.measure_custscore import file_formula
    from surveyor.flows.measure_indicators import measure

    with installation() as house:
        ours = file_formula(house.settings.home)
        question = replace(_question(names, asked, zone=house.settings.time_zone), formula=ours)
        with house.sessions() as session:
            refuse_unknown_stores(session, question.scope)
            groups = measure(session, question)
            changed = breaks_of(session, question)
    if as_json:
        shown = [{"key": g.key, "figures": [f.to_json() for f in g.figures]} for g in groups]
        found = [{"what": b.what, "name": b.name, "version": b.version, "day": day} for day, b in changed]
        also = {"breaks": found} if question.by in SPANS else {}
        say.as_json({"scope": str(question.scope), "by": question.by, "groups": shown, **also})
    else:
        _print(groups, question)
        _print_changed(changed)
    return 0


def _question(names: Sequence[str], asked: dict[str, str | None], *, zone: str) -> Question:
    from surveyor.core.indicators import find
    from surveyor.core.periods import Period
    from surveyor.core.scope import Scope
    from surveyor.flows.measure_indicators import BYS, Question, by_day, refuse_not_of_last, refuse_uncuttable

    today = now().astimezone(ZoneInfo(zone)).date()
    by = asked["by"]
    if by is not None and by not in BYS:
        raise click.UsageError(f"--by: expected {', '.join(BYS)}")
    if asked["period"]:
        period = Period.parse(asked["period"], today, where="--period")
    elif asked["first"] and asked["last"]:
        period = Period.between(asked["first"], asked["last"], where=("--from", "--to"))
    else:
        raise click.UsageError("give the days with --from and --to, or --period")
    scope = Scope.parse(asked["scope"] or "", where="--scope")
    entries = tuple(find(name, where="ID") for name in names)
    refuse_uncuttable(entries, by or "", where="--by")
    source = asked["source"] or "email"
    own, moved = by_day(entries, asked["dated_by"] or "")
    for entry in entries:
        if entry not in (*own, *moved):
            raise click.UsageError(f"--date: {entry.key} is counted by the day of its {entry.day} alone")
    if asked["answers"] == "last":
        refuse_not_of_last(entries, by or ("date" if moved else ""), source, where="--answers")
    if moved and source != "email":
        raise click.UsageError("--date: imported answers have no email, and no day but their own")
    return Question(
        entries,
        scope,
        (scope,),
        period,
        today,
        language=language(),
        by=by,
        zone=zone,
        source=cast("Source", source),
        answers="last" if asked["answers"] == "last" else "all",
        dated=(asked["dated_by"] or "") if moved else "",
        now=now(),
    )


def _print(groups: Sequence[Group], question: Question) -> None:
    rows = [
        (
            group.key or str(question.scope),
            figure.id,
            figure.key,
            figure.display,
            figure.interval,
            figure.n,
            figure.badge,
        )
        for group in groups
        for figure in group.figures
    ]
    say.table(rows, (question.by or "scope", "id", "indicator", "value", "interval", "n", ""))


def _print_changed(changed: Sequence[tuple[date, Break]]) -> None:
    """What a chart marks with a dashed line: figures before and after may not be compared."""
    spoken = 0 if language() == "fr" else 1
    for day, one in changed:
        what = f"{CHANGED[one.what][spoken]} {one.name}".strip()
        print(f"{day} | {what}, version {one.version}")
