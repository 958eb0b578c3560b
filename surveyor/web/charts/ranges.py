"""A small scale from -100 to +100 beside the NPS of a store: where it is and how far it may be from there."""

from __future__ import annotations

from dataclasses import dataclass

from surveyor.core.indicators import Envelope

WIDTH = 120.0


@dataclass(frozen=True, slots=True)
class Range:
    """Places on the scale: the interval, the value and the zero."""

    low: float
    high: float
    value: float
    zero: float


def nps_range(figure: Envelope) -> Range | None:
    """Where a figure stands; None when it may not be shown."""
    if figure.value is None or figure.ci_low is None or figure.ci_high is None:
        return None
    low, high, value, zero = (
        round((number + 100) / 200 * WIDTH, 1) for number in (figure.ci_low, figure.ci_high, figure.value, 0.0)
    )
    return Range(low, high, value, zero)
