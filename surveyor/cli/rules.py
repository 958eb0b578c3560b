"""`surveyor rules`: check, publish, show, compare and bring back the texts that decide who is asked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from surveyor.cli import language, say
from surveyor.cli.files import read_bytes, read_cases
from surveyor.cli.installation import has_database, installation, known_names
from surveyor.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from surveyor.core.rules import KnownNames


VERSIONS = {
    "publish": ("surveyor.cli.rule_versions:publish", "Check, replay and put a text in force."),
    "show": ("surveyor.cli.rule_versions:show", "Print a version, the active one by default."),
    "diff": ("surveyor.cli.rule_versions:diff", "What changed between two versions."),
    "history": ("surveyor.cli.rule_versions:history", "Every version, with who and why."),
    "rollback": ("surveyor.cli.rule_versions:rollback", "Put the text of an old version in force again."),
}


@click.group("rules", cls=LazyGroup, commands_at=VERSIONS)
def rules() -> None:
    """The trigger rules and their versions."""


@rules.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@say.json_option
def check(file: Path, as_json: bool) -> int:
    """Say everything that is wrong with a text of rules; status 1 when there is an error."""
    from surveyor.core.rules import check_rules

    found, problems = check_rules(read_bytes(file), known=_known())
    if as_json:
        say.as_json({"ok": found is not None, "problems": [problem.to_json(language()) for problem in problems]})
    else:
        for problem in problems:
            print(problem.as_line(str(file), language()))
        if found is not None:
            print(f"{file}: {len(found.rules)} rules, no error")
    return 0 if found is not None else 1


def _known() -> KnownNames:
    """What a rule may name; nothing is opened where there is no database yet."""
    if not has_database():
        return known_names(None)
    with installation() as house:
        return known_names(house)


@rules.command("try")
@click.argument("file", type=click.Path(path_type=Path))
@say.json_option
def try_cases(file: Path, as_json: bool) -> int:
    """Run written cases; say each that differs; status 1 when one does."""
    document = read_cases(file)
    if not isinstance(document, dict) or not isinstance(document.get("scenarios"), list):
        raise click.UsageError(f'{file}: expected an object with a list of "scenarios"')
    verdicts = [_verdict(document, case) for case in document["scenarios"]]
    failed = sum(1 for differences in verdicts if differences)
    passed = len(verdicts) - failed
    if as_json:
        differing = [one for differences in verdicts for one in differences]
        say.as_json({"passed": passed, "failed": failed, "differences": differing})
    else:
        for one in (one for differences in verdicts for one in differences):
            print(f"{one['case']} {one['title']}: {one['what']}: expected {one['expected']}, found {one['found']}")
        print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _verdict(document: dict[str, Any], case: Any) -> list[dict[str, Any]]:
    """What differs in one case; a case that cannot be read differs as a whole."""
    from surveyor.core.written_cases import try_rules

    try:
        return [asdict(found) for found in try_rules({**document, "scenarios": [case]})]
    except (LookupError, TypeError, ValueError, AttributeError) as wrong:
        name = case.get("id", "?") if isinstance(case, dict) else "?"
        why = f"{type(wrong).__name__}: {wrong}"
        return [{"case": name, "title": "", "what": "the case itself", "expected": "a written case", "found": why}]
