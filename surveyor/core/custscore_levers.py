"""What a store or a brand can do about its CustScore, and about how many points it would earn (indicators.md, 12).

Only items that somebody works on: an NPS, a matrix or a rank is an outcome, and nobody is told to aim at a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]
REPLIES, LABELS, WEEKS, ENTRIES, HOURS, REVIEWS = 20, 20, 4, 5, 24, 5


def lever(item: str, facts: Facts) -> tuple[int, Facts] | None:
    """(how many more, the facts after it); None for what nobody does by hand, or when nothing is left to do.

    More replies, labels, store-weeks with a sign-in, entries of the FAQ, widgets; hours earlier; reviews a store.
    """
    if item == "reply_rate":
        return _more(facts, "replied", REPLIES, most=facts["reviews"])
    if item == "label_coverage":
        return _more(facts, "labelled", LABELS, most=facts["commented"])
    if item == "store_connections":
        return _more(facts, "active_weeks", WEEKS, most=facts["access_weeks"])
    if item == "faq" and facts["enabled"]:
        return _more(facts, "reviewed", ENTRIES, most=None)
    if item == "reply_time":
        hours = min(HOURS, int(facts["capped_mean"]))
        return (hours, {**facts, "capped_mean": facts["capped_mean"] - hours}) if hours else None
    if item in ("review_volume", "google_volume") and facts["per_store_30_days"] is not None:
        return REVIEWS, {**facts, "per_store_30_days": facts["per_store_30_days"] + REVIEWS}
    if item == "widgets" and facts["enabled"]:
        missing = next((kind for kind in ("badge", "carousel") if not facts[kind]), None)
        return (1, {**facts, missing: True}) if missing else None
    return None


def _more(facts: Facts, name: str, most_more: int, *, most: int | None) -> tuple[int, Facts] | None:
    more = most_more if most is None else min(most_more, most - facts[name])
    return (more, {**facts, name: facts[name] + more}) if more > 0 else None
