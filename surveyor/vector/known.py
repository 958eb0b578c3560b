"""Which rules are lived by columns; of the others, why not: they are left to `decide`."""

from __future__ import annotations

from surveyor.core.rules import Rule, RuleSet

#: A cap over this is no cap: it would take a column for each email.
MOST_CAP = 60


def unknown_in(rules: RuleSet) -> str | None:
    """What in these rules is not lived by columns, as "rule id: what"; None when all of it is."""
    active = rules.active()
    if len({rule.basis for rule in active}) > 1:
        return "rules on both dates of an order"
    for rule in active:
        found = _unknown(rule, alone=len(active) == 1)
        if found is not None:
            return f"{rule.id}: {found}"
    return None


def _unknown(rule: Rule, *, alone: bool) -> str | None:
    if rule.experiment is not None:
        return "an experiment"
    if rule.cap_per_365d is not None and rule.cap_per_365d > MOST_CAP:
        return f"a cap over {MOST_CAP}"
    if rule.consume_orders and rule.count_scope == "store":
        return "consume_orders with count_scope store"
    if rule.mode != "order":
        return "mode recurring"
    return None
