"""Tallies in the database, between what happens and every indicator: changes are added, sums are read."""

from surveyor.db.tallies.changes import gather, note, waiting
from surveyor.db.tallies.months import first_of_month, hold_days, latest_month, next_month, sum_month
from surveyor.db.tallies.once import BANDS, once
from surveyor.db.tallies.read import Grouping, sums
from surveyor.db.tallies.side import answers, reasons
from surveyor.db.tallies.write import Delta, add

__all__ = [
    "BANDS",
    "Delta",
    "Grouping",
    "add",
    "answers",
    "first_of_month",
    "gather",
    "hold_days",
    "latest_month",
    "next_month",
    "note",
    "once",
    "reasons",
    "sum_month",
    "sums",
    "waiting",
]
