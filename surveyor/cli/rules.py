"""`surveyor rules`: check, publish, show, compare and bring back the texts that decide who is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from surveyor.cli import language, say

if TYPE_CHECKING:
    from surveyor.core.rules import KnownNames


@click.group("rules")
def rules() -> None:
    """The trigger rules and their versions."""


def read_text(file: Path) -> bytes:
    """The bytes of a file; one that cannot be read is a wrong call."""
    try:
        return file.read_bytes()
    except OSError as wrong:
        raise click.UsageError(f"{file}: {wrong.strerror}") from None


@rules.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@say.json_option
def check(file: Path, as_json: bool) -> int:
    """Say everything that is wrong with a text of rules; status 1 when there is an error."""
    from surveyor.core.rules import check_rules

    found, problems = check_rules(read_text(file), known=_known())
    if as_json:
        say.as_json({"ok": found is not None, "problems": [problem.to_json(language()) for problem in problems]})
    else:
        for problem in problems:
            print(problem.as_line(str(file), language()))
        if found is not None:
            print(f"{file}: {len(found.rules)} rules, no error")
    return 0 if found is not None else 1


def _known() -> KnownNames | None:
    """What the database knows by name; None, and nothing is opened, where there is no database yet."""
    from surveyor.cli.installation import has_database, installation

    if not has_database():
        return None
    from surveyor.core.rules import KnownNames
    from surveyor.db import network

    with installation() as house, house.sessions() as session:
        return KnownNames.from_lists(network.names(session))
