"""`GET /api/v1/custscore`, `/matrix`, `/benchmark`: composed figures with their parts, as their screens show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, json, make_response

from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.indicators import Envelope
from surveyor.core.matrix import Matrix
from surveyor.flows.measure_benchmark import stores_beside
from surveyor.flows.measure_custscore import (
    ITEMS,
    Lever,
    Of,
    Scored,
    kept_custscore,
    levers_of,
    measure_custscore,
    usable_formula,
)
from surveyor.flows.measure_matrix import measure_matrix
from surveyor.flows.measure_nps import measure_nps, nps_by_store, own_bounds
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.api.counts import counted_since, keeper_of
from surveyor.web.api.door import key_for
from surveyor.web.api.filters import Asked, arguments, asked
from surveyor.web.here import now, services
from surveyor.web.language import language

_ARGUMENTS = ("scope", "from", "to", "period")
DECIMALS = 4


@key_for("indicators:read")
def custscore() -> Response:
    """The score with its coverage, and of each item its points, what it earned and what it could still win.

    `count=day` as of indicators.
    """
    given = arguments(*_ARGUMENTS, "count")
    keeper, wanted = keeper_of(given), asked(given)
    with services().read_sessions() as session:
        home, zone = services().settings.home, services().settings.time_zone
        of = Of(wanted.scope, wanted.reach, wanted.period, now(), zone, usable_formula(home))
        found = (None if keeper is None else kept_custscore(session, of, keeper)) or measure_custscore(session, of)
        nps = measure_nps(session, of, language=language(), keeper=keeper)
    since = counted_since(keeper)
    return _json({**_head(wanted), **score_body(found, levers_of(found, of), nps), **since})


@key_for("indicators:read")
def matrix() -> Response:
    """Each label with its mentions, its share of comments, its performance with a 90 % interval and its place."""
    wanted = asked(arguments(*_ARGUMENTS))
    with services().read_sessions() as session:
        view = measure_matrix(session, wanted.reach, wanted.period)
        names = {one.id: one.name(language()) for one in in_force(session).lexicon.labels}
    days = {"from": view.period.first.isoformat(), "to": view.period.last.isoformat()}
    base = {"commented": view.commented, "labelled": view.labelled, "widened": view.widened}
    rising = [] if view.trend is None else view.trend.rising
    return _json({**_head(wanted), "period": days, **base, **matrix_body(view.matrix, names), "rising": rising})


@key_for("indicators:read")
def benchmark() -> Response:
    """Each store of the scope beside its peers, which are one pooled figure; under 5 peers: not measured.

    `count=day` as of indicators.
    """
    given = arguments(*_ARGUMENTS, "count")
    keeper, wanted = keeper_of(given), asked(given)
    with services().read_sessions() as session:
        found = stores_beside(session, wanted.reach, wanted.period)
        of = Of(wanted.scope, wanted.reach, wanted.period, now(), services().settings.time_zone)
        scores = nps_by_store(session, of, language=language(), keeper=keeper)
    since = counted_since(keeper)
    rows = []
    for one in found:
        beside, change, enough = one.beside, one.beside.change, one.n >= HIDDEN_UNDER
        own, pooled = own_bounds(one, scores.get(one.store_id)), beside.peers_bounds
        rows.append(
            {
                "store": one.store_id,
                "status": str(beside.status),
                "n": one.n,
                "peers": one.peers,
                "n_peers": one.n_peers,
                "peers_by": one.by,
                "own": _number(beside.own) if enough else None,
                "own_interval": None if own is None else [_number(bound) for bound in own],
                "pooled": _number(beside.peers),
                "pooled_interval": None if pooled is None else [_number(bound) for bound in pooled],
                "delta": None if change is None or not enough else _number(change.delta),
                "ci_low": None if change is None or not enough else _number(change.ci_low),
                "ci_high": None if change is None or not enough else _number(change.ci_high),
                "adjusted": _number(beside.adjusted) if enough else None,
                "tier": None if beside.tier is None or one.n < 30 else str(beside.tier),
                "percentile": None if one.n < 30 else _number(beside.percentile),
                "points": _number(beside.points),
            }
        )
    return _json({**_head(wanted), "stores": rows, **since})


def score_body(found: Scored, levers: Mapping[str, Lever], nps: Envelope) -> dict[str, Any]:
    """A CustScore as JSON. lever: so much more of an item would earn about so many points; null: nothing to do.

    nps: the figure of that item, with its interval and badge.
    """
    score, used = found.score, found.formula
    items = {
        item: {
            "coefficient": used.coefficient(item),
            "normaliser": {"name": used.setting(item).normaliser, **used.setting(item).values},
            "points": _number(found.points[item]),
            "earned": _number(score.contributions.get(item)),
            "to_win": _number(score.potentials.get(item)),
            "facts": {name: _number(fact) for name, fact in found.facts.get(item, {}).items()},
            "lever": None if item not in levers else {"more": levers[item].more, "gain": _number(levers[item].gain)},
        }
        for item in ITEMS
    }
    items["nps"]["figure"] = nps.to_json()
    head = {"value": _number(score.value), "display": score.display(language()), "status": score.status}
    return {
        **head,
        "coverage": _number(score.coverage),
        "version": used.number,
        "min_coverage": used.min_coverage,
        "items": items,
    }


def matrix_body(found: Matrix | None, names: Any) -> dict[str, Any]:
    """A CX Matrix as JSON."""
    if found is None:
        return {"value": None, "labels": []}
    labels = [
        {
            "id": name,
            "name": names.get(name, name),
            "mentions": one.mentions,
            "salience": _number(one.salience),
            "performance": _number(one.performance),
            "ci_low": _number(one.ci_low),
            "ci_high": _number(one.ci_high),
            "uncertain": one.uncertain,
            "quadrant": None if one.quadrant is None else one.quadrant.value,
        }
        for name, one in sorted(found.labels.items(), key=lambda item: (-item[1].mentions, item[0]))
    ]
    return {
        "value": _number(found.value),
        "good": found.good,
        "classified": found.classified,
        "uncertain": found.uncertain,
        "range": [_number(found.range_low), _number(found.range_high)],
        "by_mentions": _number(found.by_mentions),
        "median_salience": _number(found.median_salience),
        "labels": labels,
    }


def _head(wanted: Asked) -> dict[str, Any]:
    first, last = wanted.period.first.isoformat(), wanted.period.last.isoformat()
    return {"scope": str(wanted.scope), "period": {"from": first, "to": last}}


def _number(value: Any) -> Any:
    if isinstance(value, list):
        return [_number(one) for one in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def _json(body: dict[str, Any]) -> Response:
    response = make_response(json.dumps(body, ensure_ascii=False))
    response.mimetype = "application/json"
    return response
