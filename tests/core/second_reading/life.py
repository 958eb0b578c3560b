"""The second reading lives a written case from its first event to the last email (rules.md, 10 and 19)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.core.second_reading.cycles import Leaving
from tests.core.second_reading.dates import instant
from tests.core.second_reading.known import OPPOSED

CHOICES, CANCELLATIONS, ORDERS = range(3)


class Life(Leaving):
    """At one instant: choices and publishing; cancellations; orders, by id; emails, by rule and customer; reminders."""

    def run(self) -> list[list[str | None]]:
        """The trace of the case."""
        outside = sorted(self._outside(), key=lambda entry: entry[:3])
        now = datetime(1900, 1, 1, tzinfo=UTC)
        while True:
            coming = self._coming(now)
            if outside and (not coming or outside[0][0] <= coming[0][0]):
                now, _, _, what, told = outside.pop(0)
                self._happens(what, told, now)
            elif coming:
                now, *_, what, told = coming[0]
                what(*told, now)
            else:
                return self.trace

    def _coming(self, now: datetime) -> list[Any]:
        """What is looked at next, in turn."""
        found: list[Any] = []
        for one in self.open:
            at = max(self.slot_then(one["slot"], one["rule"], one["store"]), now)
            found.append((at, 0, one["rule"]["priority"], one["rule"]["id"], one["customer"], 1, self.leave, (one,)))
        for (rule_id, customer), cycle in self.cycles.items():
            if cycle["first"] is None:
                turn = self.turn_of(rule_id, customer)
                at = self.open_at(max(turn["at"], self.worked(now)), turn["rule"], turn["store"])
                place = (at, 0, turn["follows"]["priority"], rule_id, customer, 0)
                found.append((*place, self.occur, (rule_id, customer)))
        for one in self.reminders:
            rule = one["of"]["rule"]
            at = max(self.slot_then(one["slot"], rule, one["of"]["store"]), now)
            found.append((at, 1, rule["priority"], rule["id"], one["of"]["customer"], 0, self.remind, (one,)))
        return sorted(found, key=lambda entry: entry[:6])

    def _outside(self) -> list[tuple[datetime, int, str, str, Any]]:
        """What happens whatever is sent."""
        inputs, found = self.inputs, list[tuple[datetime, int, str, str, Any]]()
        for row in inputs["orders"]:
            at = row.get("received_at") or row.get("fulfilled_at") or row["ordered_at"]
            found.append((instant(at), ORDERS, row["id"], "order", row))
            if row.get("cancelled_at"):
                found.append((instant(row["cancelled_at"]), CANCELLATIONS, row["id"], "cancel", row["id"]))
        for what, why in OPPOSED.items():
            found += [(instant(at), CHOICES, "", "oppose", (one, why)) for one, at in inputs.get(what, {}).items()]
        for one, (at, until) in inputs.get("pause", {}).items():
            found.append((instant(at), CHOICES, "", "pause", (one, date.fromisoformat(until))))
        for one, (at, months) in inputs.get("less_often", {}).items():
            found.append((instant(at), CHOICES, "", "less", (one, months)))
        for rule_id, at in inputs.get("disable_rule", {}).items():
            found.append((instant(at), CHOICES, "", "disable", rule_id))
        for at, rules in inputs.get("publish", ()):
            found.append((instant(at), CHOICES, "", "publish", rules))
        return found

    def _happens(self, what: str, told: Any, now: datetime) -> None:
        match what:
            case "order":
                self.order_comes(told, now)
            case "cancel":
                self.order_cancelled(told, now)
            case "oppose":
                self.opposed.setdefault(told[0], set()).add(told[1])
            case "pause":
                self.pauses[told[0]] = told[1]
            case "less":
                self.gaps[told[0]] = told[1]
            case "disable":
                self.rules = [rule for rule in self.rules if rule["id"] != told]
            case "publish":
                self.rules = self.read(told)
