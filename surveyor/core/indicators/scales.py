"""The scales of satisfaction and effort, and from which value on a customer is content: beside the formulas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from surveyor.core.indicators.measures import Said

#: Scale of a question -> (lowest, highest, from which value on a customer is satisfied or finds it easy).
CSAT_SCALES = {"0-10": (0, 10, 8), "1-5": (1, 5, 4)}
CES_SCALES = {"0-10": (0, 10, 8), "1-7": (1, 7, 5)}


NAMELESS = Said("", "")


@dataclass(frozen=True, slots=True)
class Scaled:
    """What a question of satisfaction or effort asked, on which scale; direction: of effort, "" reads "easy_high"."""

    kind: Literal["csat", "ces"]
    scale: str
    direction: str = ""
    label: Said = NAMELESS
