"""Tallies in the database, between what happens and every indicator: changes are added, sums are read."""

from surveyor.db.tallies.changes import gather, note, waiting
from surveyor.db.tallies.read import Grouping, answers, reasons, sums
from surveyor.db.tallies.write import Delta, add

__all__ = ["Delta", "Grouping", "add", "answers", "gather", "note", "reasons", "sums", "waiting"]
