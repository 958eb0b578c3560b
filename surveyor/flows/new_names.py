"""The name of a new survey or email, as rules will write it: well formed, and nobody's yet."""

from __future__ import annotations

import re
from collections.abc import Collection

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)


def named(where: str, name: str, taken: Collection[str]) -> list[Complaint]:
    """What is wrong with a new name; empty when it may be taken."""
    if not _NAME.fullmatch(name):
        fr = "de 1 à 32 lettres minuscules sans accent, chiffres, - ou _, une lettre d'abord."
        en = "1 to 32 lower-case letters without accents, digits, - or _, a letter first."
        return [Complaint(where, "name_pattern", french(f"« {shown(name)} » : {fr}"), f'"{shown(name)}": {en}')]
    if name in taken:
        fr, en = f"« {name} » existe déjà : choisissez un autre nom.", f'"{name}" exists already: choose another name.'
        return [Complaint(where, "name_taken", french(fr), en)]
    return []
