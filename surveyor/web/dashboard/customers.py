"""The customers behind the figures: do those who answer look like those who buy, are they tired, who comes back?

People and rows are counted for this page alone: the overview must not wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.indicators import Envelope, find
from surveyor.flows.measure_indicators import Question, measure
from surveyor.web.dashboard.asked import Asked
from surveyor.web.here import page_keeper

#: The cards of the page and their figures, in order.
CARDS: Mapping[str, tuple[str, ...]] = {
    "alike": ("weighted_nps", "r_indicator", "respondent_rate", "engagement"),
    "pressure": ("pressure", "fatigue", "answer_delay", "solicitation_rate"),
    "base": ("active_customers", "churn_rate", "retention_rate", "order_gap"),
    "loyalty": ("repeat_customer_rate", "repeat_order_share", "repurchase_rate", "nps_repurchase_link"),
}


def customers(session: Any, asked: Asked, *, language: str, delivery_events: bool, zone: str) -> dict[str, Envelope]:
    """Every figure of the page by key, each with its n."""
    keys = dict.fromkeys(("nps", *(key for card in CARDS.values() for key in card)))
    question = Question(
        indicators=tuple(find(key) for key in keys),
        scope=asked.scope,
        reach=asked.reach,
        period=asked.period,
        today=asked.today,
        language=language,
        delivery_events=delivery_events,
        zone=zone,
        keeper=page_keeper(),
    )
    (group,) = measure(session, question)
    return {figure.key: figure for figure in group.figures}
