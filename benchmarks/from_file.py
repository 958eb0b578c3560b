"""A file of orders taken as the command takes it; nothing of the web is imported, so that memory is the import's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import data
from surveyor.flows.import_orders import ImportReceipt, Options, import_orders
from surveyor.services import Services
from surveyor.settings import Settings


def take_file(sessions: Any, file: Path) -> ImportReceipt:
    """The file as the command reads it, receipt included."""
    settings = replace(Settings.read({}), secret_keys=data.KEYS.secrets)
    parts: Any = {"provider": None, "build": None, "keyring": data.KEYS, "now": lambda: data.NOW}
    return import_orders(
        Services(settings, sessions, sessions, **parts), file, options=Options(source="bench"), now=parts["now"]
    )
