"""Tallies in the database, between what happens and every indicator: changes are added, sums are read."""

from surveyor.db.tallies.changes import gather, note, waiting
from surveyor.db.tallies.once import BANDS, once
from surveyor.db.tallies.read import Grouping, answers, reasons, sums
from surveyor.db.tallies.write import Delta, add

__all__ = ["BANDS", "Delta", "Grouping", "add", "answers", "gather", "note", "once", "reasons", "sums", "waiting"]
