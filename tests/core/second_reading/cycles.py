"""What leaves in the second reading: emails at their slots, occurrences of cycles, reminders (rules.md, 6, 7, 12)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.core.second_reading.dates import DAY, WEEK, drawn, first_slot, last_instant, lived, send_day, text, wall
from tests.core.second_reading.deciding import Deciding
from tests.core.second_reading.known import Row


class Leaving(Deciding):
    def worked(self, at: datetime) -> datetime:
        """This instant, or the end of the outage that it falls into."""
        return next((self.worked(end) for start, end in self.down if start <= at < end), at)

    def slot_then(self, slot: datetime, rule: Row, store: str) -> datetime:
        """When something of this slot is looked at: then, or held up until a slot that is open."""
        zone, grace = self.zone(store), self.whole["send_grace_minutes"]
        at = self.worked(slot)
        while last_instant(slot, rule, zone, grace) < at:
            slot = first_slot(self.local(slot, store) + DAY, rule, zone, slot)
            at = self.worked(max(at, slot))
        return at

    def leave(self, one: Row, now: datetime) -> None:
        """The last look before an email is handed over."""
        rule, customer, store, order = one["rule"], one["customer"], one["store"], self.orders[one["order"]]
        today = self.local(now, store)
        checks = [
            ("RULE_DISABLED", self.rule(rule["id"]) is None),
            *((why, True) for why in self.opposition(customer)),
            ("PAUSED", self.paused(customer, today)),
            ("STORE_EXCLUDED", self.stores[store]["excluded"]),
            ("ANCHOR_CANCELLED", order["cancelled"]),
            ("BELOW_MIN_AT_SEND", len(self.window(order, rule)) < rule["min_orders"]),
            ("EXPIRED", (today - one["due"]).days > rule["max_late_days"]),
            ("IDLE", not self.ordered_lately(customer, rule, today)),
            ("COOLDOWN", self.cooling(customer, rule, store, today)),
            ("ANNUAL_CAP", self.capped(customer, rule, store, today)),
        ]
        why = next((why for why, holds in checks if holds), None)
        if why is not None:
            self.ends(one, "SUPPRESSED", why, now)
        elif now in self.refusals:
            self.ends(one, "FAILED", "PROVIDER_REJECTED", now)
        else:
            self.open.remove(one)
            self._left(one, now)

    def _left(self, one: Row, now: datetime) -> None:
        rule, customer, store = one["rule"], one["customer"], one["store"]
        today = self.local(now, store)
        self.sent.append((now, customer))
        self.say("SENT", None, rule["id"], one["label"], text(now))
        cycle = self.cycles.get((rule["id"], customer))
        if rule["mode"] == "recurring" and cycle is not None:
            cycle |= {"first": None, "store": store}
            self._plan(cycle, self.cooled(today, customer, rule), rule)
        if rule["reminder_after_days"]:
            due = send_day(today + timedelta(rule["reminder_after_days"]), rule)
            slot = wall(due, rule["send_time"], self.zone(store))
            self.reminders.append({"of": one, "due": due, "slot": slot, "sent": today})

    def remind(self, one: Row, now: datetime) -> None:
        self.reminders.remove(one)
        rule, customer, store = one["of"]["rule"], one["of"]["customer"], one["of"]["store"]
        label, today = one["of"]["label"], self.local(now, store)
        checks = [
            ("ANSWERED", any(said[:2] == (rule["id"], label) and said[2] <= now for said in self.answers)),
            ("RULE_DISABLED", self.rule(rule["id"]) is None),
            *((why, True) for why in self.opposition(customer)),
            ("PAUSED", self.paused(customer, today)),
            ("STORE_EXCLUDED", self.stores[store]["excluded"]),
            ("ANCHOR_CANCELLED", self.orders[one["of"]["order"]]["cancelled"]),
            ("EXPIRED", (today - one["due"]).days > rule["max_late_days"]),
            ("LINK_EXPIRED", today > one["sent"] + timedelta(rule["response_window_days"])),
        ]
        why = next((why for why, holds in checks if holds), None)
        if why is None and now in self.refusals:
            self.say("FAILED", "PROVIDER_REJECTED", rule["id"], label, text(now))
        else:
            self.say("NOT_REMINDED" if why else "REMINDED", why, rule["id"], label, text(now))

    # Cycles

    def _plan(self, cycle: Row, day: date, rule: Row) -> None:
        """The date stays from here on, and the hour; publishing touches no enrolment."""
        cycle |= {"date": send_day(day, rule), "hour": rule["send_time"], "follows": rule}

    def turn_of(self, rule_id: str, customer: str) -> Row:
        """When the next occurrence is looked at, at which store, and by which rule (None: none that goes on)."""
        cycle, rule = self.cycles[rule_id, customer], self.rule(rule_id)
        if rule is not None and rule["mode"] == "recurring":
            rule = cycle["follows"] = lived(rule, customer, cycle["date"])
        else:
            rule = None
        orders = self.living(customer, cycle["follows"])
        order = max(orders, key=lambda one: self.turn(one, cycle["follows"]), default=None)
        store = order["store"] if order else cycle["store"]
        at = self.worked(wall(cycle["date"], cycle["hour"], self.zone(store)))
        return {"at": at, "store": store, "order": order, "rule": rule, "follows": cycle["follows"]}

    def open_at(self, at: datetime, rule: Row | None, store: str) -> datetime:
        """This instant when a slot of the rule as it is now is open then; else the first that is."""
        zone, grace = self.zone(store), self.whole["send_grace_minutes"]
        while rule is not None:
            day = self.local(at, store)
            slots = [
                wall(one, rule["send_time"], zone)
                for one in (day - DAY, day)
                if WEEK[one.weekday()] in rule["send_days"]
            ]
            if any(slot <= at <= last_instant(slot, rule, zone, grace) for slot in slots):
                break  # a slot late in the evening may still be open after midnight
            at = self.worked(first_slot(day, rule, zone, at))
        return at

    def occur(self, rule_id: str, customer: str, now: datetime) -> None:
        """One occurrence: sent at once, put off, or the end of the cycle."""
        turn, cycle = self.turn_of(rule_id, customer), self.cycles[rule_id, customer]
        rule, store = turn["rule"], turn["store"]
        cycle["n"] += 1
        label, today = f"{cycle['opened_by']}#{cycle['n']}", self.local(now, store)
        why, following = self._put_off(rule, customer, store, today=today, label=label, planned=cycle["date"])
        if why is not None:
            self.say("SUPPRESSED", why, rule_id, label, text(now))
            if following is None:
                del self.cycles[rule_id, customer]
            else:
                self._plan(cycle, following, turn["follows"])
            return
        one = {
            "rule": rule,
            "order": turn["order"]["id"],
            "label": label,
            "customer": customer,
            "store": store,
            "blocked": [],
        }
        self.replace_open(customer, one, now)
        self.say("SCHEDULED", None, rule_id, label, text(now))
        if now in self.refusals:
            self.say("FAILED", "PROVIDER_REJECTED", rule_id, label, text(now))
            self._plan(cycle, self.cooled(today, customer, turn["follows"]), turn["follows"])
            self.free(one, now)
        else:
            self._left(one, now)

    def _put_off(
        self, rule: Row | None, customer: str, store: str, *, today: date, label: str, planned: date
    ) -> tuple[str | None, date | None]:
        """The table of rules.md, 7: why it stays, and the next date (None: the cycle ends); None twice: it leaves."""
        if rule is None:
            return "RULE_DISABLED", None
        for why in self.opposition(customer):
            return why, None
        if self.paused(customer, today):
            return "PAUSED", self._free_day(customer, rule, store, today)
        if not self.looked_at(rule, store, customer):
            return "OUT_OF_SCOPE", None
        if self.stores[store]["excluded"]:
            return "STORE_EXCLUDED", None
        if (today - planned).days > rule["max_late_days"]:
            while planned <= today:
                planned = send_day(self.cooled(planned, customer, rule), rule)
            return "EXPIRED", planned
        if not self.ordered_lately(customer, rule, today):
            return "STOPPED_IDLE", None
        if self.cooling(customer, rule, store, today):
            return "COOLDOWN", self._free_day(customer, rule, store, today)
        if self.capped(customer, rule, store, today):
            return "ANNUAL_CAP", self._free_day(customer, rule, store, today)
        for one in self.open:
            if one["customer"] in self.person(customer) and one["rule"]["priority"] <= rule["priority"]:
                return "OPEN_SOLICITATION", self.local(one["slot"], one["store"]) + DAY
        if self.held_out(customer, rule):
            return "HOLDOUT", None
        if drawn(rule["sampling_salt"], rule["id"], customer, label) >= rule["sampling_rate"]:
            return "SAMPLED_OUT", self.cooled(today, customer, rule)
        return None, None

    def _free_day(self, customer: str, rule: Row, store: str, today: date) -> date:
        """The first send day after today that is free of pause, cool-down and cap."""
        day = send_day(today + DAY, rule)
        while (
            self.paused(customer, day)
            or self.cooling(customer, rule, store, day)
            or self.capped(customer, rule, store, day)
        ):
            day = send_day(day + DAY, rule)
        return day
