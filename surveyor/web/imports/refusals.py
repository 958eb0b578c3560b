"""Lines of a file that were not simply taken: the first on the page, the stores they name, all of them as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from surveyor.flows.import_orders.receipt import Refusal
from surveyor.web.api.cells import csv_lines
from surveyor.web.language import language

SHOWN = 100
_COLUMNS = ("line", "code", "field", "message")


@dataclass
class Refusals:
    """What a page tells of them. store_column: where the file names stores. every: keep all, for the file."""

    store_column: str
    every: bool = False
    told: list[Mapping[str, Any]] = field(default_factory=list)
    _stores: dict[str, None] = field(default_factory=dict)
    _rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, refusal: Refusal, cells: Mapping[str, Any]) -> None:
        """One more line."""
        told = refusal.to_json()
        if len(self.told) < SHOWN:
            self.told.append(told)
        if told["code"] == "store_unmatched":
            self._stores[str(cells.get(self.store_column, "")).strip()] = None
        if self.every:
            self._rows.append((told["line"], told["code"], told["field"], told[f"message_{language()}"]))

    @property
    def stores(self) -> list[str]:
        """What the file calls stores that are none of ours, each once, in its order."""
        return [name for name in self._stores if name]

    def as_file(self) -> Response:
        """Every line with its reason, as CSV; cells that a spreadsheet would run are made harmless."""
        found = Response("".join(csv_lines(_COLUMNS, [self._rows])), mimetype="text/csv")
        found.headers["Content-Disposition"] = 'attachment; filename="refused.csv"'
        return found
