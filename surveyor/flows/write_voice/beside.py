"""A store among its peers, out of a book: judged on adjusted scores, told with raw ones and their gap."""

from __future__ import annotations

from surveyor.core.badges import LOW_UNDER
from surveyor.core.indicators.changes import Verdict
from surveyor.core.intervals import nps_difference, raw_nps
from surveyor.core.reports.voice import Beside
from surveyor.flows.write_voice.book import Book
from surveyor.flows.write_voice.here import Here


def beside(book: Book, here: Here) -> Beside | None:
    """A store among its peers over three months; nothing of a group of stores, or of one that is not ranked."""
    if not here.alone:
        return None
    store = here.stores[0]
    found, peers = book.adjusted(store), book.peers[0].get(store)
    if found is None or peers is None or found.tier is Verdict.NOT_RANKED:
        return None
    own = peers.stores[store]
    whole = book.pooled(peers.stores)
    pooled = (whole[0] - own[0], whole[1] - own[1], whole[2] - own[2])
    if sum(pooled) < LOW_UNDER:
        return None
    return Beside(found.tier, raw_nps(own), raw_nps(pooled), nps_difference(own, pooled))
