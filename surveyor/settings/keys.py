"""The secrets of an embedded installation, drawn once and kept in its home; production brings its own."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import replace
from pathlib import Path

from surveyor.errors import SettingsError
from surveyor.settings import values
from surveyor.settings.read import Settings

KEYS_FILE = "secret_keys"


def with_keys(settings: Settings) -> Settings:
    """The same settings with `secret_keys` filled: those given, else those of the home, else new ones written there.

    Production never gets here without keys. SettingsError when the file is damaged: links in mailboxes depend on it,
    so that it is never replaced.
    """
    if settings.secret_keys:
        return settings
    path = settings.home / KEYS_FILE
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        text = _draw(path)
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path}: cannot be read; put the secrets of this installation back") from None
    try:
        keys = values.secret_keys(text)
    except values.Wrong as wrong:
        raise SettingsError(f"{path}: expected {wrong}; put the secrets of this installation back") from None
    return replace(settings, secret_keys=keys, origin={**settings.origin, "SURVEYOR_SECRET_KEYS": str(path)})


def _draw(path: Path) -> str:
    """Write one new secret, whole or not at all: two processes that start together keep the first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)).decode("ascii") + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii")
