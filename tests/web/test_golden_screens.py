"""Written cases of the rules lived in a database, then read on the screens: what is shown is what was written.

Every case whose rules may be typed; test_lived_cases compares all of them with the ledger.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from surveyor.app import create_app
from surveyor.core.explain.change import changed
from surveyor.core.explain.changed import what_would_change
from surveyor.core.reasons import LABELS, Reason
from surveyor.core.replay.lived import key_of
from surveyor.core.rules import RuleSet, check_rules, from_plain
from surveyor.core.scope import NETWORK
from surveyor.db import customers, decisions, rules
from surveyor.flows.customer_journey import read_terms
from surveyor.flows.explain_decisions.decision_of import decision_of
from surveyor.flows.explain_decisions.moments import moments_of
from surveyor.flows.manage_users import HOST, NewUser, add_user
from tests.flows.lived_cases import LivedCase
from tests.flows.orders import PARIS
from tests.web.conftest import browser, make_services

DOCUMENT = json.loads((Path(__file__).parents[1] / "golden" / "rule_scenarios.json").read_text("utf-8"))
VERDICTS = {"SCHEDULED": "Programmé", "SUPPRESSED": "Refusé", "NOT_ELIGIBLE": "Non éligible"}
DECIDED = tuple(VERDICTS)

pytestmark = pytest.mark.slow


def text_of(written: Any, over: dict[str, Any]) -> str:
    """The rules of a case as somebody would have typed them."""
    tables = [
        {key: value for key, value in {**DOCUMENT["rule_defaults"], **rule}.items() if value is not None}
        for rule in written
    ]
    return tomlkit.dumps({"global": {**DOCUMENT["global_defaults"], **over}, "rule": tables})


def readable(case: dict[str, Any]) -> bool:
    """Whether every version of its rules may be typed: some cases go beyond what a text may say."""
    over = case["inputs"].get("global", {})
    written = [case["inputs"]["rules"], *(rules for _, rules in case["inputs"].get("publish", ()))]
    return not case["inputs"].get("disable_rule") and all(
        check_rules(text_of(one, over).encode())[0] is not None for one in written
    )


class Typed(LivedCase):
    """Its rules stand in the database as texts, as the screens read them."""

    def publish(self, written_rules: Any) -> None:
        self.text = text_of(written_rules, self.inputs.get("global", {}))
        read = tuple(from_plain({**self.document["rule_defaults"], **rule}) for rule in written_rules)
        self._in_force(RuleSet(read, self.globals))

    def _in_force(self, found: RuleSet) -> None:
        self.version += 1
        with self.sessions.begin() as session:
            over = rules.lock_active(session)
            version = rules.Version(self.version, over, self.text, rules.sha256(self.text), "case", "case", self.now)
            rules.publish(session, version, over=over)
        self.rules = (self.version, found)
        self.versions[self.version] = found


def written(case: dict[str, Any]) -> Counter[tuple[str, str, str]]:
    """The decisions that stand at the end of a trace: (order or occurrence, verdict, reason), in French."""
    last: dict[tuple[Any, Any], tuple[str, str, str]] = {}
    sent: set[tuple[Any, Any]] = set()
    for what, reason, rule, label, _at in case["trace"]:
        if what == "SCHEDULED":
            sent.add((rule, label))
        elif what not in DECIDED or (rule, label) in sent:
            continue
        words = LABELS[Reason(reason)][0] if reason else ""
        last[rule, label] = (str(label), VERDICTS[what], words)
    return Counter(last.values())


ABLE = [case for case in DOCUMENT["scenarios"] if readable(case)]


def shown(page: str) -> Counter[tuple[str, str, str]]:
    """The same as the page of a customer says it."""
    found: Counter[tuple[str, str, str]] = Counter()
    for label, words in re.findall(r"· Commande (\S+) ·(?:.|\n)*?<h3>((?:.|\n)*?)</h3>", page):
        plain = re.sub(r"\(<span lang(?:.|\n)*", "", words)
        verdict, _, reason = html.unescape(re.sub(r"<[^>]+>", "", plain)).partition("·")
        found[html.unescape(label), verdict.strip(), reason.strip()] += 1
    return found


@pytest.mark.parametrize("case", ABLE, ids=lambda case: case["id"])
def test_the_screens_say_what_was_written_and_what_would_have_changed_it(
    case: dict[str, Any], sqlite_sessions: Any, clock: Any
) -> None:
    lived = Typed(sqlite_sessions, case["inputs"], DOCUMENT)
    lived.run()
    here = make_services(sqlite_sessions, clock)
    app = create_app(here)
    reader = browser(app, here, add_user(sqlite_sessions, user=NewUser("cx@x.fr", "cx"), by=HOST, now=here.now()))
    said: Counter[tuple[str, str, str]] = Counter()
    names = {one["id"] for one in case["inputs"]["customers"]}
    with sqlite_sessions.begin() as session:
        known = {row.id: row.external_id for row in customers.by_external_id(session, names).values()}
    for one in known:
        skip = 0
        while True:
            page = reader.get(f"/explain/{one.hex}?skip={skip}")
            if page.status_code == 404:
                break
            said += shown(page.text)
            skip += 12
            if "Plus anciennes" not in page.text:
                break
    assert said == written(case)
    _every_way_is_true(sqlite_sessions, known)


def _every_way_is_true(sessions: Any, known: dict[Any, str]) -> None:
    """Each decision, of an order or of a cycle, is found again in its moment, and each way said changes it."""
    with sessions.begin() as session:
        kept = decisions.of_customers(session, set(known), (NETWORK,), limit=1000)
        decided = [decision_of(row, known[row.customer_id]) for row in kept]
        terms = read_terms(session, PARIS, read=lambda _session: (0, RuleSet()))
        moments = moments_of(session, set(known), decided, terms)
    for row, one in zip(kept, decided, strict=True):
        if one.reason is Reason.RULE_DISABLED:
            continue
        moment = moments.get(key_of(one))
        if moment is None:  # made again beside another of the same rule: nothing is said
            assert row.cause == "freed"
            continue
        assert moment.decide() == one
        for way in what_would_change(moment):
            assert (changed(moment, way).reasons == ()) != (one.reasons == ())


def test_every_case_that_a_text_of_rules_may_say_is_read_on_the_screens() -> None:
    """The others go beyond what a text may say: a rule disabled from outside, values out of range."""

    def reasons(cases: list[dict[str, Any]]) -> set[str]:
        return {reason for case in cases for _, _, reason in written(case)}

    assert len(ABLE) >= 80
    assert reasons(DOCUMENT["scenarios"]) - reasons(ABLE) <= {LABELS[Reason.RULE_DISABLED][0]}, "no text stops a rule"
