"""A store beside its peers, and a brand beside the files that somebody imported: never a figure of another store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from surveyor.core import intervals
from surveyor.core.benchmark import Beside, PeerFile, cx_benchmark, peer_file
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db import review_feeds, scores, stores, tallies
from surveyor.flows.choose_peers import NOBODY, peers_of, segments_of
from surveyor.flows.import_peers import KIND

#: How we measure: what a method of a file must say to be compared with us.
OUR_METHOD = "post-purchase email"


@dataclass(frozen=True, slots=True)
class StoreBeside:
    """A store and its peers: how many of them answered, why they are peers, their answers together, what it means."""

    store_id: str
    name: str
    by: str
    n: int
    peers: int
    n_peers: int
    beside: Beside


@dataclass(frozen=True, slots=True)
class FileBeside:
    """A group of an imported file for one metric and period, beside our own NPS of the scope."""

    receipt_id: UUID
    file: str
    group: str
    period: str
    metric: str
    entities: int
    method: str
    source: str
    result: PeerFile


def stores_beside(session: Any, reach: Reach, period: Period) -> list[StoreBeside]:
    """Every store of the scope among its peers of the whole network, which are only ever a pooled figure."""
    shops = stores.shops(session, reach)
    found = peers_of(session, [one.id for one in shops], period, segments=segments_of(reach))
    lines = []
    for shop in shops:
        peers = found.get(shop.id)
        if peers is None:
            continue
        own = peers.stores.get(shop.id, NOBODY)
        others = {name: counts for name, counts in peers.stores.items() if name != shop.id}
        answers = [one[0] + one[1] + one[2] for one in others.values() if any(one)]
        beside = cx_benchmark(own, others)
        lines.append(StoreBeside(shop.id, shop.name, peers.by, sum(own), len(answers), sum(answers), beside))
    return lines


def files_beside(session: Any, reach: Reach, period: Period) -> list[FileBeside]:
    """The groups of every file, beside the NPS of the scope where the method is ours."""
    sums = tallies.sums(session, reach, period).get(())
    own = intervals.raw_nps(sums.bands) if sums is not None and sums.responses else None
    found = []
    for receipt in review_feeds.receipts(session, KIND):
        groups: dict[tuple[str, str, str], list[Any]] = {}
        for row in scores.peer_figures(session, receipt.id):
            groups.setdefault((row.peer_group, row.period, row.metric), []).append(row)
        for (group, when, metric), rows in groups.items():
            if metric == "nps" and own is not None:
                result = peer_file(own, OUR_METHOD, _plain(rows))
            else:
                values = sorted(row.value for row in rows)
                result = PeerFile("context_only", _median(values))
            told = rows[0]
            found.append(
                FileBeside(receipt.id, receipt.name, group, when, metric, len(rows), told.method, told.source, result)
            )
    return found


def _plain(rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [{"entity": row.entity, "value": row.value, "method": row.method} for row in rows]


def _median(values: Sequence[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
