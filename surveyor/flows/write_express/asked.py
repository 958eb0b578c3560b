"""Whose report is asked for: stores, reader, day and words; what the express and the monthly report begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from surveyor.core.goals import Goals
from surveyor.core.reports.editions import EDITIONS, Edition
from surveyor.core.reports.recommendations import Shown
from surveyor.core.scope import Reach, Scope

__all__ = ["EDITIONS", "Asked", "Edition"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose express: the scope and what of it the reader may see, the Monday it is read on, in which words.

    unit: what the scope is called. delivery_events, zone: as in a question of indicators. shown_before: what this
    reader was told lately, which is not said again. goals: those of the installation's file.
    """

    scope: Scope
    reach: Reach
    unit: str
    monday: date
    edition: Edition
    language: str = "fr"
    delivery_events: bool = True
    zone: str = "Europe/Paris"
    shown_before: Sequence[Shown] = ()
    now: datetime | None = None
    goals: Goals = field(default_factory=dict)

    @property
    def instant(self) -> datetime:
        """When it is read: `now`, else eight in the morning of its day."""
        return self.now or datetime.combine(self.monday, time(8), ZoneInfo(self.zone))
