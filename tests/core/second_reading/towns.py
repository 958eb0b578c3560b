"""Towns for the second reading: rules of every key, stores of six time zones, orders in any order, drawn by a seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.core.second_reading.dates import WEEK, text

START = datetime(2026, 1, 1, tzinfo=UTC)
A_DAY = 24 * 60
OPPOSITIONS = ("unsubscribe", "complain", "bounce", "block")


class Town:
    """`drawn` is a written case (rules.md, 19). A town of the same seed is the same for ever."""

    def __init__(self, seed: int, stores: list[str], *, outages: bool = True) -> None:
        self.random = Random(seed)
        self.stores = stores
        self.days = self.random.choice([20, 60, 120, 240])
        self.customers = [f"c{n}" for n in range(1, self.random.choice([2, 2, 3, 4]))]
        self.drawn: dict[str, Any] = {
            "rules": self.rules(),
            "customers": [self.customer(one) for one in self.customers],
            "orders": self.orders(),
        }
        self._choices()
        if outages:
            self._outages()
        self._versions()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def at(self) -> datetime:
        """Any minute, or ten o'clock, which is when things meet."""
        minutes = self.random.randrange(self.days * A_DAY)
        return START + timedelta(minutes=minutes if self.chance(0.8) else minutes // A_DAY * A_DAY + 600)

    def rules(self) -> list[dict[str, Any]]:
        return [self.rule(f"r{n}") for n in range(self.random.randint(1, 3))]

    def rule(self, name: str) -> dict[str, Any]:
        r = self.random
        drawn: dict[str, Any] = {"id": name, "priority": r.choice([100, 100, 50, 200])}
        keys: list[tuple[float, str, Callable[[], Any]]] = [
            (0.8, "min_orders", lambda: r.choice([1, 1, 2, 2, 3])),
            (0.3, "mode", lambda: "recurring"),
            (0.6, "delay_days", lambda: r.randint(0, 6)),
            (0.4, "send_time", lambda: r.choice(["08:00", "10:00", "13:30", "19:00", "20:00"])),
            (0.25, "send_days", lambda: r.sample(WEEK, r.randint(1, 5))),
            (0.3, "basis", lambda: "ordered_at"),
            (0.15, "count_scope", lambda: "store"),
            (0.2, "sampling_rate", lambda: r.choice([0.3, 0.6, 0.9])),
            (0.15, "holdout_rate", lambda: r.choice([0.2, 0.5])),
            (0.2, "cap_per_365d", lambda: r.randint(1, 4)),
            (0.3, "max_late_days", lambda: r.randint(0, 5)),
            (0.15, "consume_orders", lambda: True),
            (0.1, "regions", lambda: r.sample(["nord", "sud", "outremer"], r.randint(1, 2))),
            (0.1, "store_ids", lambda: r.sample(self.stores, 4)),
            (0.1, "segments", lambda: ["default"]),
            (0.2, "reminder_after_days", lambda: r.randint(2, 21)),
            (0.1, "active", lambda: False),
        ]
        drawn |= {key: draw() for share, key, draw in keys if self.chance(share)}
        if self.chance(0.1):
            drawn |= {"allow_night": True, "send_time": r.choice(["02:30", "00:00", "23:30", "21:00"])}
        if self.chance(0.6):
            drawn |= r.choice([{"window_days": r.randint(5, 90)}, {"window_months": r.randint(1, 4)}])
        if self.chance(0.6):
            drawn |= r.choice([{"cooldown_days": r.randint(1, 60)}, {"cooldown_months": r.randint(1, 3)}])
        if self.chance(0.4):
            drawn["idle_months"] = r.choice([1, 1, 2, 3] if "mode" in drawn else [0, 1, 2, 3])
        if self.chance(0.2):
            drawn["experiment"] = self.experiment()
        return drawn

    def experiment(self) -> dict[str, Any]:
        dates = {"starts": "2026-02-01", "ends": "2026-04-15"}
        inside = {key: value for key, value in dates.items() if self.chance(0.5)}
        return {"name": "x", "arm": [self.arm("a"), self.arm("b")], **inside}

    def arm(self, name: str) -> dict[str, Any]:
        r = self.random
        keys: list[tuple[float, str, Callable[[], Any]]] = [
            (0.5, "weight", lambda: r.randint(1, 3)),
            (0.5, "delay_days", lambda: r.randint(0, 5)),
            (0.4, "min_orders", lambda: r.randint(1, 3)),
            (0.4, "cooldown_days", lambda: r.randint(1, 40)),
            (0.2, "send_days", lambda: ["tue", "fri"]),
        ]
        return {"name": name, **{key: draw() for share, key, draw in keys if self.chance(share)}}

    def customer(self, name: str) -> dict[str, Any]:
        shared = self.random.choice(["same@example.org", " Same@Example.org"])
        email = shared if self.chance(0.2) else f"{name}@example.org"
        segment = self.random.choice(["default", "default", "vip"])
        return {"id": name, "email": None if self.chance(0.03) else email, "segment": segment}

    def orders(self) -> list[dict[str, Any]]:
        stores = self.random.sample(self.stores, self.random.choice([1, 1, 2, 3]))
        found: list[dict[str, Any]] = []
        for n in range(self.random.randint(1, 14)):
            at = self.at()
            order = {"id": f"o{n}", "customer": self.random.choice(self.customers)}
            order |= {"store": self.random.choice(stores), "ordered_at": text(at)}
            found.append({**order, **self._facts(at)})
            if "fulfilled_at" not in found[-1] and self.chance(0.6):
                found.append({**order, "fulfilled_at": self.after(at, 9_000)})
        return found

    def after(self, at: datetime, minutes: int) -> str:
        return text(at + timedelta(minutes=self.random.randrange(minutes)))

    def _facts(self, at: datetime) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        if self.chance(0.9):
            facts["fulfilled_at"] = text(at) if self.chance(0.4) else self.after(at, 5_000)
        if self.chance(0.2):
            facts["received_at"] = self.after(at, self.random.choice([5_000, 20_000, 100_000]))
        if self.chance(0.15):
            before = at - timedelta(minutes=500)
            facts["cancelled_at"] = self.after(before, self.random.choice([6_000, 100_000]))
        if self.chance(0.04):
            facts["history"] = True
        return facts

    def _choices(self) -> None:
        """What customers ask for, and the keys of the whole."""
        written = [one["id"] for one in self.drawn["customers"] if one["email"]]
        for what in OPPOSITIONS if written else ():
            if self.chance(0.06):
                self.drawn[what] = {self.random.choice(written): text(self.at())}
        if written and self.chance(0.12):
            at, days = self.at(), self.random.randint(1, 60)
            self.drawn["pause"] = {
                self.random.choice(written): [text(at), (at + timedelta(days=days)).date().isoformat()]
            }
        if written and self.chance(0.12):
            self.drawn["less_often"] = {self.random.choice(written): [text(self.at()), self.random.choice([2, 6])]}
        if self.chance(0.3):
            grace = self.random.choice([0, 120, 720])
            self.drawn["global"] = {"floor_days": self.random.choice([7, 30, 45]), "send_grace_minutes": grace}

    def _outages(self) -> None:
        if self.chance(0.25):
            at, minutes = self.at(), self.random.choice([30, 200, 1_500, 6_000, 20_000])
            self.drawn["worker_down"] = [[text(at), text(at + timedelta(minutes=minutes))]]
        if self.chance(0.2):
            self.drawn["provider_refuses"] = [text(START + timedelta(days=n, hours=9)) for n in range(0, self.days, 2)]

    def _versions(self) -> None:
        if self.chance(0.06):
            self.drawn["disable_rule"] = {"r0": text(self.at())}
        elif self.chance(0.2):
            instants = sorted(text(self.at()) for _ in range(self.random.randint(1, 2)))
            self.drawn["publish"] = [[at, self.rules()] for at in instants]
