"""E8: every version of the rules is the text that was published, and the file on disk is the version in force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from surveyor.db import rules
from surveyor.flows.check_invariants.finding import Finding
from surveyor.flows.publish_rules.file import read_file


def rules_hold(session: Any, file: Path | None) -> Iterator[Finding]:
    """Hashes of the versions; `file` None or absent: the clock writes it again, nothing to say."""
    changed = [str(one.number) for one in rules.versions(session) if rules.sha256(one.text) != one.sha256]
    if changed:
        yield Finding("E8", "a rule version whose text is not the one that was published", len(changed), tuple(changed))
    active = rules.active(session)
    if file is None or active is None or not file.exists():
        return
    try:
        found = rules.sha256(read_file(file))
    except (OSError, UnicodeDecodeError):
        yield Finding("E8", f"{file.name} cannot be read")
        return
    if found != active[1] and not rules.is_version(session, found):
        yield Finding("E8", f"{file.name} was changed by hand and is not published: surveyor rules publish {file.name}")
