"""One part of a TOML text that people edit, such as the goals of indicators, or what is wrong with the whole text."""

from __future__ import annotations

from typing import Any

from surveyor.core.quoting import french
from surveyor.core.toml.faults import read_toml
from surveyor.errors import Complaint, Refused


def section(text: str, name: str, *, file: str) -> Any:
    """What the text says under a name; an empty table where it says nothing. file: what the text is called.

    Raises Refused: `toml_invalid`, each fault with its line and column.
    """
    values, _, faults = read_toml(text)
    if values is None:
        raise Refused(
            [
                Complaint(
                    f"{file} {one.place[0]}:{one.place[1]}",
                    "toml_invalid",
                    french(f"{file} : {one.message_fr}"),
                    f"{file}: {one.message_en}",
                )
                for one in faults
            ]
        )
    return values.get(name, {})
