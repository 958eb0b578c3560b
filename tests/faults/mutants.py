"""Known wrong programs: each is made in a copy of the tree, and a named test must fail there (pipeline.md, 18).

`./bin/surveyor-faults --mutants` runs them. What a mutant changes must stand in the code exactly once, or this list is
out of date: an ordinary test holds it to that.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("surveyor", "tests", "templates", "emails", "schema", "docs", "bin", "benchmarks")


@dataclass(frozen=True)
class Mutant:
    """A change of the code, file by file (what stands there, what replaces it), and the test that must see it.

    says: a pattern of what that test must say as it fails: one that falls over anything else has seen nothing.
    """

    name: str
    what: str
    changes: tuple[tuple[str, str, str], ...]
    test: str
    caught_by: str
    says: str


SEND, INTENT, SWEEP = (
    "surveyor/flows/send_emails/__init__.py",
    "surveyor/db/emails/intent.py",
    "surveyor/db/emails/sweep.py",
)
CALM = "tests/faults/test_kill_points.py::test_a_life_without_a_kill_keeps_every_promise_too"
KILLED = "tests/faults/test_kill_points.py::test_a_kill_anywhere_on_the_line_loses_and_doubles_nothing"

MUTANTS = (
    Mutant(
        "X1",
        "an unknown outcome is retried",
        (
            (
                "surveyor/core/emails/outcomes.py",
                "return Settlement(AttemptOutcome.UNKNOWN, State.IN_DOUBT, failures)",
                "return Settlement(no, State.PENDING, failures + 1, due_at=now)",
            ),
        ),
        CALM,
        "E4",
        "an email was handed over twice",
    ),
    Mutant(
        "X2",
        "dispatching past its lease goes back to pending",
        (
            (SWEEP, '.values(outcome="unknown", settled_at=now', '.values(outcome="not_accepted", settled_at=now'),
            (SWEEP, 'values(state="in_doubt"', 'values(state="pending"'),
        ),
        f"{KILLED} -k call.answered",
        "E4",
        "an email was handed over twice",
    ),
    Mutant(
        "X3",
        "no relay: nobody rings for what became due",
        (("surveyor/jobs/schedule.py", '    ("ring", 1.0),\n', ""),),
        "tests/jobs/test_clock.py tests/jobs/test_worker.py",
        "the clock's own tests",
        r"assert \[\] == \[0\.0, 1\.0",
    ),
    Mutant(
        "X4",
        "the call before the intent commits",
        (
            (
                SEND,
                "    committed = commit_intents(",
                "    from surveyor.db.emails import Intent\n\n"
                "    early = [(Intent(one.email.id, one.message.attempt), one.message) for one in built if one.message]\n"
                "    called = list(hand_over(early, mailer, began=began))\n"
                "    committed = commit_intents(",
            ),
            (
                SEND,
                "for handed in hand_over(committed.intents, mailer, began=began, meanwhile=meanwhile):",
                "for handed in called:",
            ),
        ),
        f"{KILLED} -k call.answered",
        "E4",
        "an email was handed over twice",
    ),
    Mutant(
        "X5",
        "the index at_most_once is not unique",
        (
            (
                "surveyor/db/migrations/versions/r0001_first.py",
                '"at_most_once",\n        "send_attempts",\n        ["email_id"],\n        unique=True,',
                '"at_most_once",\n        "send_attempts",\n        ["email_id"],\n        unique=False,',
            ),
        ),
        "tests/flows/test_send_emails.py -k second_intent",
        "the structural test",
        "DID NOT RAISE .*IntegrityError",
    ),
    Mutant(
        "X6",
        "a claim raises no fence",
        (
            ("surveyor/db/emails/claim.py", "fence = fence + 1, owner = ?", "fence = fence, owner = ?"),
            ("surveyor/db/emails/claim.py", "fence = e.fence + 1", "fence = e.fence"),
        ),
        "tests/flows/test_sweep_leases.py -k fence",
        "F31",
        "assert 1 == 0",
    ),
    Mutant(
        "X7",
        "suppressions are not read at the intent",
        ((INTENT, "AND s.lifted_at IS NULL AND (s.expires_at", "AND s.lifted_at IS NOT NULL AND (s.expires_at"),),
        "tests/flows/test_send_emails.py -k opposition",
        "E9",
        "sent: 1 != 0",
    ),
    Mutant(
        "X8",
        "entries are acknowledged before the commit",
        (
            (
                "surveyor/jobs/consume.py",
                "        for source in dict.fromkeys(entry.source for entry in together):",
                "        self.source.ack(together)\n        for source in dict.fromkeys(entry.source for entry in together):",
            ),
        ),
        "tests/jobs/test_consume.py -k not_committed",
        "E1",
        r"assert \(\{\}, 0\) == \(\{\}, 1\)",
    ),
    Mutant(
        "X9",
        "one attempt row stands for a group",
        (
            (
                INTENT,
                "[(one.id.bytes, one.fence) for one, _, _ in emails], at, stopping, at]",
                "[(one.id.bytes, one.fence) for one, _, _ in emails[:1]], at, stopping, at]",
            ),
            (
                INTENT,
                "    intents = sorted((Intent(read.id(row[0]), row[1]) for row in rows), key=lambda intent: intent.email_id.int)",
                "    rows = list(rows)\n    intents = [Intent(one.id, rows[0][1]) for one, _, _ in emails] if rows else []",
            ),
        ),
        CALM,
        "E5",
        "an email was (left on its way|handed over twice)",
    ),
    Mutant(
        "X10",
        "the last event received wins",
        (
            (
                "surveyor/db/provider_events.py",
                '_RISES = "emails.delivery_rank < new.delivery_rank"',
                '_RISES = "1 = 1"',
            ),
        ),
        "tests/flows/test_record_provider_events.py tests/flows/test_apply_provider_batches.py",
        "F24",
        "'deferred' == 'delivered'",
    ),
    Mutant(
        "X11",
        "a GET of a score link records the score",
        (
            (
                "surveyor/web/public/survey.py",
                "    common: dict[str, Any] = base(token, found.link, found.survey, found.nonce)\n"
                "    if found.standing is None:\n        return make_response",
                "    if given:\n"
                "        record_response(\n"
                "            services().sessions,\n"
                "            token,\n"
                '            form=Form((("score", score), ("nonce", found.nonce), ("sign", "person")), _client_key()),\n'
                "            keys=services().keyring,\n"
                "            journeys=CustomerJourneys(services().keyring, Defaults()),\n"
                "            now=now(),\n"
                "        )\n"
                "    common: dict[str, Any] = base(token, found.link, found.survey, found.nonce)\n"
                "    if found.standing is None:\n        return make_response",
            ),
        ),
        "tests/journeys/test_scanners.py",
        "F34",
        "data-code",
    ),
    Mutant(
        "X12",
        "customers are not locked on PostgreSQL",
        (("surveyor/db/persons.py", "' FOR UPDATE' if dialect_name(session) == 'postgresql' else ''", "''"),),
        "tests/flows/test_record_orders_together.py -k remembers",
        "E2",
        "the third order knew of the other two",
    ),
    Mutant(
        "X13",
        "a 200 that nobody asked for counts as accepted",
        (("surveyor/mail/providers/sendgrid.py", "if answer.status == 202:", "if answer.status in (200, 202):"),),
        "tests/mail/providers",
        "E4",
        "DID NOT RAISE .*InDoubtError",
    ),
    Mutant(
        "X14",
        "two answers that contradict each other both stand",
        (("surveyor/core/responses.py", "_in_bursts(ordered) | _contradictions(ordered)", "_in_bursts(ordered)"),),
        "tests/core/test_responses.py",
        "F34",
        "STANDS.* is <Answer.CONFIRM",
    ),
)


def applied(mutant: Mutant, tree: Path) -> None:
    """Make the change in a copy. ValueError when what it changes does not stand there exactly once."""
    for name, old, new in mutant.changes:
        path = tree / name
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{mutant.name}: {name} has {text.count(old)} times {old!r}")
        path.write_text(text.replace(old, new), encoding="utf-8")


def copied(tree: Path) -> None:
    """The tree as it stands, without what others made in it."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copyfile(path, tree / path.name)


def survives(mutant: Mutant) -> bool:
    """Whether the test that must see the mutant passes all the same, or fails of something else."""
    failed, said = _tested(mutant.test, mutant)
    return not failed or re.search(mutant.says, said) is None


def _tested(test: str, mutant: Mutant | None) -> tuple[bool, str]:
    """Whether a test fails in a copy of the tree, changed or as it stands, and all that it says."""
    with tempfile.TemporaryDirectory(prefix="surveyor-mutant-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        copied(tree)
        if mutant is not None:
            applied(mutant, tree)
        words = test.replace(" -k ", "\0-k\0").split("\0")
        selected = [*words[0].split(), *words[1:]]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *selected]
        done = subprocess.run(
            command, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False
        )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{test} did not run\n{done.stdout[-1500:]}{done.stderr[-500:]}")
    return done.returncode == 1, done.stdout


def run(names: Collection[str] = ()) -> dict[str, bool]:
    """Every mutant, or those named: whether it survived, which it must not. What is not changed must pass first."""
    found = {}
    sound: set[str] = set()
    for mutant in MUTANTS:
        if names and mutant.name not in names:
            continue
        if mutant.test not in sound:
            failed, said = _tested(mutant.test, None)
            if failed:
                raise RuntimeError(f"{mutant.test} fails where nothing was changed\n{said[-3000:]}")
            sound.add(mutant.test)
        found[mutant.name] = survives(mutant)
        print(f"{mutant.name:4} {'SURVIVED' if found[mutant.name] else 'killed':9} {mutant.what}", flush=True)
    return found
