"""`surveyor custscore`, `matrix`, `benchmark`: composed figures on a terminal, as the API says them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from surveyor.cli import language, say
from surveyor.cli.installation import installation, now, refuse_unknown_stores

if TYPE_CHECKING:
    from surveyor.core.periods import Period
    from surveyor.core.scope import Scope

_scope = click.option("--scope", default="network", show_default=True, help="network, brand:ID, region:ID, store:ID.")
_period = click.option("--period", default="4w", show_default=True, help="2026-10, 2026-W43, 4w, 3m, 12m.")


@click.command("custscore")
@_scope
@_period
@say.json_option
def custscore(scope: str, period: str, as_json: bool) -> None:
    """The CustScore with its coverage, and what each item earns and could still win."""
    from surveyor.flows.measure_custscore import ITEMS, Of, file_formula, levers_of, measure_custscore
    from surveyor.flows.measure_nps import measure_nps

    with installation() as house:
        where, days = _asked(scope, period, house.settings.time_zone)
        with house.sessions() as session:
            refuse_unknown_stores(session, where)
            ours = file_formula(house.settings.home)
            of = Of(where, (where,), days, now(), house.settings.time_zone, ours)
            found = measure_custscore(session, of)
            levers = levers_of(found, of)
            nps = measure_nps(session, of, language=language())
    score = found.score
    if as_json:
        items: dict[str, dict[str, Any]] = {
            item: {
                "coefficient": found.formula.coefficient(item),
                "points": found.points[item],
                "earned": score.contributions.get(item),
                "to_win": score.potentials.get(item),
                "facts": dict(found.facts.get(item, {})),
                "lever": {"more": levers[item].more, "gain": levers[item].gain} if item in levers else None,
            }
            for item in ITEMS
        }
        items["nps"]["figure"] = nps.to_json()
        head = {"scope": str(where), "value": score.value, "coverage": score.coverage, "version": found.formula.number}
        say.as_json({**head, "display": score.display(language()), "items": items})
        return
    told = score.display(language())
    named = told if told.startswith("CustScore") else f"CustScore {told}"
    print(f"{named}, coverage {score.coverage or 0:.1f} %, formula v{found.formula.number}")
    rows = [
        (item, _one(found.points[item]), _one(score.contributions.get(item)), _one(score.potentials.get(item)))
        for item in ITEMS
    ]
    say.table(rows, ("item", "points", "earned", "to win"))


@click.command("matrix")
@_scope
@_period
@say.json_option
def matrix(scope: str, period: str, as_json: bool) -> None:
    """The CX Matrix: each label with its mentions, performance, 90 % interval and place."""
    from surveyor.flows.measure_matrix import measure_matrix

    with installation() as house:
        where, days = _asked(scope, period, house.settings.time_zone)
        with house.sessions() as session:
            refuse_unknown_stores(session, where)
            view = measure_matrix(session, (where,), days)
    found = view.matrix
    labels: list[tuple[Any, ...]] = [
        (
            name,
            one.mentions,
            round(one.salience, 1),
            round(one.performance, 1),
            f"[{one.ci_low:.1f} ; {one.ci_high:.1f}]",
            _place(one),
        )
        for name, one in sorted((found.labels if found else {}).items(), key=lambda item: -item[1].mentions)
    ]
    if as_json:
        keys = ("label", "mentions", "salience", "performance", "interval", "quadrant")
        told = [dict(zip(keys, row, strict=True)) for row in labels]
        value = found.value if found else None
        say.as_json({"scope": str(where), "value": value, "commented": view.commented, "labels": told})
        return
    shown = f"{_one(found.value)} %" if found and found.value is not None else "-"
    print(f"CX Matrix {shown}, {view.commented} comments")
    say.table(labels, ("label", "mentions", "salience %", "performance", "90 %", "place"))


@click.command("benchmark")
@_scope
@_period
@click.option(
    "--import",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A CSV of peers that you may use.",
)
@say.json_option
def benchmark(scope: str, period: str, file: Path | None, as_json: bool) -> None:
    """Each store beside its peers together; with --import, keep a file of other brands' figures first."""
    from surveyor.flows.import_peers import import_peers
    from surveyor.flows.manage_users import HOST
    from surveyor.flows.measure_benchmark import stores_beside
    from surveyor.flows.measure_custscore import Of
    from surveyor.flows.measure_nps import nps_by_store, own_bounds
    from surveyor.ingest.peer_files import read_peers

    with installation() as house:
        zone = house.settings.time_zone
        where, days = _asked(scope, period, zone)
        if file is not None:
            raw = file.read_bytes()
            lines = read_peers(raw, today=now().astimezone(ZoneInfo(zone)).date())
            import_peers(house.sessions, raw, lines, name=file.name, by=HOST, now=now())
        with house.sessions() as session:
            refuse_unknown_stores(session, where)
            found = stores_beside(session, (where,), days)
            scores = nps_by_store(session, Of(where, (where,), days, now(), zone), language=language())
    rows = [
        (
            one.store_id,
            one.n,
            one.peers,
            one.n_peers,
            _one(one.beside.own if one.n >= 10 else None),
            _bounds(own_bounds(one, scores.get(one.store_id))),
            _one(one.beside.peers),
            _bounds(one.beside.peers_bounds),
            _one(one.beside.change.delta if one.beside.change and one.n >= 10 else None),
        )
        for one in found
    ]
    keys = ("store", "n", "peers", "n_peers", "own", "own_interval", "pooled", "pooled_interval", "delta")
    if as_json:
        say.as_json({"scope": str(where), "stores": [dict(zip(keys, row, strict=True)) for row in rows]})
    else:
        say.table(rows, keys)


def _asked(scope: str, period: str, zone: str) -> tuple[Scope, Period]:
    from surveyor.core.periods import Period
    from surveyor.core.scope import Scope

    today = now().astimezone(ZoneInfo(zone)).date()
    return Scope.parse(scope, where="--scope"), Period.parse(period, today, where="--period")


def _one(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _bounds(bounds: tuple[float, float] | None) -> str:
    return "-" if bounds is None else f"[{bounds[0]:.1f} ; {bounds[1]:.1f}]"


def _place(one: Any) -> str:
    if one.quadrant is None:
        return "-"
    return f"{one.quadrant.words(language())}{' ?' if one.uncertain else ''}"
