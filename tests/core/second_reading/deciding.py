"""Orders meet rules in the second reading (rules.md, 5, 9 and 10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.core.second_reading.dates import drawn, first_slot, instant, lived, send_day, text, window_start
from tests.core.second_reading.known import Known, Row

BLOCKED = ("LOWER_PRIORITY", "OPEN_SOLICITATION", "ENROLLED")


class Deciding(Known):
    def order_comes(self, row: dict[str, Any], now: datetime) -> None:
        """A new order, or the same again with a date that was unknown."""
        order, known_before = self.orders.get(row["id"]), set[str]()
        if order is None:
            order = self.orders[row["id"]] = {
                "id": row["id"],
                "customer": row["customer"],
                "store": row["store"],
                "ordered_at": instant(row["ordered_at"]),
                "fulfilled_at": None,
                "cancelled": row["id"] in self.undone,
                "history": bool(row.get("history")),
            }
        else:
            known_before = {"ordered_at"} | ({"fulfilled_at"} if order["fulfilled_at"] else set())
        if order["fulfilled_at"] is None and row.get("fulfilled_at"):
            order["fulfilled_at"] = instant(row["fulfilled_at"])
            order["history"] |= bool(row.get("history"))
        if order["history"]:
            return
        new = [rule for rule in self.active() if order[rule["basis"]] and rule["basis"] not in known_before]
        for rule in new:
            self.decide(rule, order, now)
        again = [
            (self.turn(one, rule), rule["priority"], rule["id"], rule, one)
            for rule in new
            for one in self.of(row["customer"])
            if self.decided.get((rule["id"], one["id"])) == "BELOW_MIN_ORDERS"
            and one[rule["basis"]]
            and self.turn(one, rule) > self.turn(order, rule)
        ]
        for *_, rule, one in sorted(again, key=lambda entry: entry[:3]):
            day, newcomer = self.dated(one, rule), self.dated(order, rule)
            if window_start(day, lived(rule, one["customer"], day)) < newcomer <= day:
                self.decide(rule, one, now)

    def order_cancelled(self, order_id: str, now: datetime) -> None:
        if order_id not in self.orders:
            self.undone.add(order_id)
        elif not self.orders[order_id]["cancelled"]:
            self.orders[order_id]["cancelled"] = True
            for one in [one for one in self.open if one["order"] == order_id]:
                self.ends(one, "SUPPRESSED", "ANCHOR_CANCELLED", now)

    def decide(self, rule: Row, order: Row, now: datetime) -> None:
        customer, key = order["customer"], (rule["id"], order["id"])
        why = self._not_eligible(rule, order)
        if why is None:
            rule = lived(rule, customer, self.dated(order, rule))
            if len(self.window(order, rule)) < rule["min_orders"]:
                why = "BELOW_MIN_ORDERS"
        if why is not None:
            self._refuse("NOT_ELIGIBLE", why, key, now)
            return
        due = send_day(self.dated(order, rule) + timedelta(rule["delay_days"]), rule)
        slot = first_slot(due, rule, self.zone(order["store"]), now)
        reasons = self._reasons(rule, order, due=due, slot=slot)
        if reasons:
            self._refuse("SUPPRESSED", reasons[0], key, now)
            return
        assert key not in self.invited, "one invitation of a rule and an order, ever"
        self.invited.add(key)
        self._schedule(rule, order, due, slot, now)

    def _not_eligible(self, rule: Row, order: Row) -> str | None:
        cycle = self.cycles.get((rule["id"], order["customer"]))
        if not self.looked_at(rule, order["store"], order["customer"]):
            return "OUT_OF_SCOPE"
        if order["cancelled"]:
            return "ORDER_CANCELLED"
        if rule["mode"] == "recurring" and cycle is not None:
            if cycle["first"] is not None:
                cycle["first"]["blocked"].append((rule["id"], order["id"]))
            return "ENROLLED"
        return None

    def _reasons(self, rule: Row, order: Row, *, due: Any, slot: datetime) -> list[str]:
        customer, store, person = order["customer"], order["store"], self.person(order["customer"])
        day = self.local(slot, store)
        first = [one for one in self.open if one["customer"] in person and one["rule"]["priority"] <= rule["priority"]]
        same = [one for one in first if one["order"] == order["id"]]
        checks = [
            ("LOWER_PRIORITY", bool(same)),
            *((why, True) for why in self.opposition(customer)),
            ("PAUSED", self.paused(customer, day)),
            ("STORE_EXCLUDED", self.stores[store]["excluded"]),
            ("EXPIRED", (day - due).days > rule["max_late_days"]),
            ("COOLDOWN", self.cooling(customer, rule, store, day)),
            ("ANNUAL_CAP", self.capped(customer, rule, store, day)),
            ("OPEN_SOLICITATION", len(first) > len(same)),
        ]
        reasons = [why for why, holds in checks if holds]
        if reasons:
            if reasons[0] in BLOCKED:
                first[0]["blocked"].append((rule["id"], order["id"]))
            return reasons
        holds = self.holds.setdefault((rule["id"], customer), [])
        if any(day < end for opened, end in holds if opened != order["id"]):
            return ["SAMPLING_HOLD"]
        if self.held_out(customer, rule):
            reasons.append("HOLDOUT")
        elif drawn(rule["sampling_salt"], rule["id"], customer, order["id"]) >= rule["sampling_rate"]:
            reasons.append("SAMPLED_OUT")
        if reasons:
            holds.append((order["id"], self.cooled(day, customer, rule)))
        return reasons

    def _refuse(self, decision: str, why: str, key: tuple[str, str], now: datetime) -> None:
        self.decided[key] = why
        self.say(decision, why, *key, text(now))

    def _schedule(self, rule: Row, order: Row, due: Any, slot: datetime, now: datetime) -> None:
        customer = order["customer"]
        invitation = {
            "rule": rule,
            "order": order["id"],
            "label": order["id"],
            "customer": customer,
            "store": order["store"],
            "due": due,
            "slot": slot,
            "blocked": [],
        }
        self.replace_open(customer, invitation, now)
        self.decided[rule["id"], order["id"]] = None
        self.say("SCHEDULED", None, rule["id"], order["id"], text(slot))
        self.open.append(invitation)
        if rule["mode"] == "recurring":
            self.cycles[rule["id"], customer] = {"opened_by": order["id"], "n": 1, "first": invitation}

    def replace_open(self, customer: str, by: Row, now: datetime) -> None:
        """What is open for this person gives way, and hands over what it had blocked."""
        for one in [one for one in self.open if one["customer"] in self.person(customer)]:
            self.open.remove(one)
            by["blocked"] += one["blocked"]
            self.say("SUPPRESSED", "SUPERSEDED", one["rule"]["id"], one["label"], text(now))
            self._undo_cycle(one)

    def _undo_cycle(self, invitation: Row) -> None:
        key = invitation["rule"]["id"], invitation["customer"]
        if key in self.cycles and self.cycles[key]["first"] is invitation:
            del self.cycles[key]

    def ends(self, invitation: Row, decision: str, why: str, now: datetime) -> None:
        """An open invitation ends without being sent; what it had blocked is decided again."""
        self.open.remove(invitation)
        self._undo_cycle(invitation)
        self.say(decision, why, invitation["rule"]["id"], invitation["label"], text(now))
        self.free(invitation, now)

    def free(self, invitation: Row, now: datetime) -> None:
        """Oldest order first, then by rule."""
        again = []
        for rule_id, order_id in dict.fromkeys(invitation["blocked"]):
            rule, order = self.rule(rule_id), self.orders[order_id]
            if rule is not None and order[rule["basis"]] is not None:
                at = order[rule["basis"]]
                again.append((at, order_id, rule["priority"], rule_id, rule, order))
        for *_, rule, order in sorted(again, key=lambda entry: entry[:4]):
            if self.decided.get((rule["id"], order["id"])) in BLOCKED:
                self.decide(rule, order, now)
