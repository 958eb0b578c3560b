"""What comes out of a proof: how many stored decisions were found again, and each one that was not."""

from __future__ import annotations

from dataclasses import dataclass, field

from surveyor.core.decision import Decision
from surveyor.core.replay.lived import Key
from surveyor.db.lived import Who

#: How many differences are listed.
MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that is not found again: the customer (our id), rule, order or day, and what differs."""

    customer_id: str
    rule_id: str
    label: str
    what: str
    stored: str
    lived: str

    def __str__(self) -> str:
        return f"{self.rule_id} {self.label}: {self.what}: stored {self.stored}, lived again {self.lived}"


@dataclass(slots=True)
class Proof:
    """`found` decisions of `compared` were found again; the first differences, and how many there are in all."""

    compared: int = 0
    found: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every decision was found again, and no other."""
        return not self.count

    def sentence(self, language: str) -> str:
        """« 12 480 décisions sur 12 480 retrouvées »."""
        space = "\u202f" if language == "fr" else ","
        found, compared = (f"{n:,}".replace(",", space) for n in (self.found, self.compared))
        if language == "fr":
            return f"{found} décisions sur {compared} retrouvées"
        return f"{found} of {compared} decisions found again"


def same(kept: dict[Key, Decision], again: dict[Key, Decision]) -> bool:
    """Whether every decision was found again, and no other."""
    return all(_differs(kept.get(place), again.get(place)) is None for place in kept.keys() | again.keys())


def compare(proof: Proof, person: list[Who], kept: dict[Key, Decision], again: dict[Key, Decision]) -> None:
    """Add what was stored of a person, and what came out of living their life again."""
    ours = {who.external_id: who.id.hex for who in person}
    proof.compared += len(kept)
    for place in kept.keys() | again.keys():
        was, now = kept.get(place), again.get(place)
        wrong = _differs(was, now)
        if wrong is None:
            proof.found += 1
            continue
        proof.count += 1
        one = was or now
        if len(proof.differences) < MOST_LISTED and one is not None:
            proof.differences.append(Difference(ours[one.customer_id], one.rule_id, one.label, *wrong))


def _differs(was: Decision | None, now: Decision | None) -> tuple[str, str, str] | None:
    """The first thing in which two decisions differ: its name, as stored, as lived again."""
    if was is None or now is None:
        return "decision", "none" if was is None else _told(was), "none" if now is None else _told(now)
    values = ((name, getattr(was, name), getattr(now, name)) for name in _COMPARED)
    plain = [("facts", was.facts(), now.facts())] if was.decided_at == now.decided_at else []
    for name, before, after in (*values, *plain):
        if before != after:
            if name == "facts":
                name = next(key for key in {**before, **after} if before.get(key) != after.get(key))
                before, after = before.get(name), after.get(name)
            return name, str(before), str(after)
    return None


_COMPARED = ("verdict", "reasons", "version", "arm", "day", "planned_at", "decided_at")


def _told(decision: Decision) -> str:
    return str(decision.reason or decision.verdict)
