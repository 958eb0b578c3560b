"""BEN: a store beside its peers, or a brand beside an imported file, between NPS and CustScore (indicators.md, 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from surveyor.core import custscore_items, intervals
from surveyor.core.badges import LOW_UNDER, Status, badge
from surveyor.core.indicators.changes import Verdict
from surveyor.core.indicators.measures import Counts
from surveyor.core.indicators.peers import adjusted_nps
from surveyor.core.indicators.pressure import median

FEWEST_PEERS = 5
FEWEST_ENTITIES = 3
#: Adjusted scores closer than this, in points, are one score.
_GRAIN = 1e-9
_OWN = "\0own"


@dataclass(frozen=True, slots=True)
class Beside:
    """BEN-01: own and peers' pooled NPS in points, their difference with CI-DIFF-NPS, and where the store stands.

    percentile: mid-rank of adjusted scores, 0..100 from the lowest. points: for the CustScore, None under 30 answers.
    adjusted_bounds, own_bounds, peers_bounds: CI-EB of the adjusted score, CI-NPS of the raw one and of that of the
    peers (each answer for itself), in points.
    """

    status: Status
    own: float | None = None
    peers: float | None = None
    change: intervals.NpsChange | None = None
    adjusted: float | None = None
    tier: Verdict | None = None
    percentile: float | None = None
    points: float | None = None
    k: float | None = None
    adjusted_bounds: intervals.Bounds | None = None
    own_bounds: intervals.Bounds | None = None
    peers_bounds: intervals.Bounds | None = None


def cx_benchmark(own: Counts, peers: Mapping[str, Counts]) -> Beside:
    """A store against its peers, itself left out; fewer than 5 that have answers: not measured."""
    answered = {name: counts for name, counts in peers.items() if sum(counts)}
    if len(answered) < FEWEST_PEERS:
        return Beside(Status.NOT_MEASURED)
    if not sum(own):
        return Beside(Status.NO_DATA)
    group = adjusted_nps({**answered, _OWN: own})
    assert group is not None
    rows = list(answered.values())
    pooled = (sum(row[0] for row in rows), sum(row[1] for row in rows), sum(row[2] for row in rows))
    change = intervals.nps_difference(own, pooled)
    mine = group.stores[_OWN]
    enough = sum(own) >= LOW_UNDER and sum(pooled) >= LOW_UNDER
    return Beside(
        status=badge(sum(own)),
        own=intervals.raw_nps(own),
        peers=intervals.raw_nps(pooled),
        change=change,
        adjusted=mine.value,
        tier=mine.tier,
        percentile=mid_rank(mine.value, [store.value for store in group.stores.values()]),
        points=custscore_items.delta(change.delta) if enough else None,
        k=group.k,
        adjusted_bounds=(mine.ci_low, mine.ci_high),
        own_bounds=intervals.nps_interval(own),
        peers_bounds=intervals.nps_interval(pooled),
    )


def mid_rank(value: float, among: Sequence[float]) -> float:
    """100 * (rank - 0.5) / m from the lowest, ties sharing their mean rank; `among` holds the value itself."""
    lower = sum(other < value - _GRAIN for other in among)
    equal = sum(abs(other - value) <= _GRAIN for other in among)
    return 100 * (lower + (equal + 1) / 2 - 0.5) / len(among)


@dataclass(frozen=True, slots=True)
class PeerFile:
    """BEN-02: status is compared, context_only (a method differs from ours: no difference) or refused, with why."""

    status: str
    reference: float | None = None
    delta: float | None = None
    reason: str | None = None


def peer_file(own: float, method: str, entities: Sequence[Mapping[str, Any]]) -> PeerFile:
    """Our NPS against the median of an imported group; each entity has a value in points and how it was measured."""
    if len({str(one.get("entity", place)) for place, one in enumerate(entities)}) < FEWEST_ENTITIES:
        return PeerFile("refused", reason="fewer_than_3_entities")
    if any(not str(one.get("method") or "").strip() for one in entities):
        return PeerFile("refused", reason="method_missing")
    if not all(_is_nps(one.get("value")) for one in entities):
        return PeerFile("refused", reason="value_out_of_range")
    reference = median([float(one["value"]) for one in entities])
    assert reference is not None
    if any(str(one["method"]).strip() != method.strip() for one in entities):
        return PeerFile("context_only", reference)
    return PeerFile("compared", reference, own - reference)


def _is_nps(value: object) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and isfinite(float(str(value))) and -100 <= float(str(value)) <= 100
