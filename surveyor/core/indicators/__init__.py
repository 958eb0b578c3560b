"""Indicators: from the sum of tallies to figures with their interval and badge, one module per family."""

from surveyor.core.indicators.entries import Facts, Indicator
from surveyor.core.indicators.envelopes import Envelope
from surveyor.core.indicators.funnel import Funnel, Stage, funnel, funnel_rates
from surveyor.core.indicators.measures import Measure
from surveyor.core.indicators.registry import REGISTRY, View, envelope, evaluate, find
from surveyor.core.indicators.solicitation import legitimate_volume, refusal_reasons

__all__ = [
    "REGISTRY",
    "Envelope",
    "Facts",
    "Funnel",
    "Indicator",
    "Measure",
    "Stage",
    "View",
    "envelope",
    "evaluate",
    "find",
    "funnel",
    "funnel_rates",
    "legitimate_volume",
    "refusal_reasons",
]
