"""Indicators that need people or rows and not only sums, from what was counted to a measure with its n and its words.

What they need is in `Facts.counted`; their formulas stand in the modules of their families.
"""

from surveyor.core.indicators.on_demand.composed import COMPOSED
from surveyor.core.indicators.on_demand.customers import CUSTOMER_BASE
from surveyor.core.indicators.on_demand.imported import CUSTOMERS, SERVICE, SOCIAL
from surveyor.core.indicators.on_demand.scores import SURVEY
from surveyor.core.indicators.on_demand.sendings import SOLICITATION
from surveyor.core.indicators.on_demand.themes import THEMES
from surveyor.core.indicators.on_demand.voice import ADOPTION, REVIEWS

__all__ = [
    "ADOPTION",
    "COMPOSED",
    "CUSTOMERS",
    "CUSTOMER_BASE",
    "REVIEWS",
    "SERVICE",
    "SOCIAL",
    "SOLICITATION",
    "SURVEY",
    "THEMES",
]
