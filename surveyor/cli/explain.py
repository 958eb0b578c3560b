"""`surveyor explain`: why a customer was, or was not, asked, in words; the same as the page and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from surveyor.cli import language, say
from surveyor.cli.installation import defaults_of, installation

if TYPE_CHECKING:
    from surveyor.flows.explain_decisions import Story, Told


@click.command("explain")
@click.argument("subject", metavar="CUSTOMER|ADDRESS|ORDER")
@say.json_option
def explain(subject: str, as_json: bool) -> int:
    """Say every decision, with what was counted and the reason; status 1 when nothing is known."""
    from surveyor.core.scope import NETWORK
    from surveyor.flows.explain_decisions import Asking, explain_decisions
    from surveyor.flows.explain_decisions.plain import story_to_json

    with installation() as house:
        asking = Asking((NETWORK,), language(), house.keyring, defaults_of(house.settings))
        story = explain_decisions(house.sessions, subject, asking)
    if as_json:
        say.as_json(
            {"customers": [], "decisions": [], "planned": [], "less_often": []}
            if story is None
            else story_to_json(story)
        )
    elif story is None:
        say.remark("no decision is known for this customer, address or order")
    else:
        _print(story)
    return 1 if story is None else 0


def _print(story: Story) -> None:
    for name, email in story.customers:
        print(f"{name} {email}".rstrip())
    for name, months in story.less_often:
        print(f"{name}: at most one email every {months} months, as the customer chose")
    for told in story.decisions:
        print()
        _print_one(told, "")
    for cycle in story.cycles:
        print(f"\n{cycle.rule_id}: occurrence {cycle.occurrence}, {cycle.next_at.isoformat()}")


def _print_one(told: Told, indent: str) -> None:
    decision = told.decision
    print(f"{indent}{decision.order_id} · {decision.rule_id} v{decision.version} · {decision.verdict}", end="")
    print(f" ({decision.reason})" if decision.reason else "")
    said = decision.verdict == "SCHEDULED" or decision.reason == "COOLDOWN"  # the sentence names the day already
    print(f"{indent}  {told.what.sentence} {'' if said else told.next_words}".rstrip())
    marks = {True: "+", False: "-", None: " "}
    for check in told.what.checks:
        print(f"{indent}  {marks[check.passed]} {check.name}" + (f": {check.value}" if check.value else ""))
    for order, why in told.uncounted:
        print(f"{indent}    {order}: {why}")
    for way in told.ways:
        print(f"{indent}  ? {way}")
    if told.fate is not None:
        print(f"{indent}  -> {told.fate.state}" + (f" ({told.fate.reason})" if told.fate.reason else ""))
    for former in told.former:
        _print_one(former, indent + "    ")
