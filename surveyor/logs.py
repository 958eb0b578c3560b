"""Logs of every process on the line: one JSON object a line, without links, keys, addresses or words of people."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

# structlog imports rich for a console that we never draw: a quarter of a second and ten megabytes of every start.
_held = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
import structlog  # noqa: E402

if _held is None:
    del sys.modules["rich"]

HIDDEN = "[hidden]"


def get_logger(name: str) -> Any:
    """A logger, by a way that never loads rich: for modules that a start imports before any other of ours."""
    return structlog.get_logger(name)


#: Fields whose value is personal or secret whatever it looks like.
_HIDDEN_FIELDS = frozenset(
    """address amount authorization body comment cookie cookies csrf_token email first_name from_address headers key
    last_name mail name nonce page parameters params password query recipient secret set_cookie subject text to token
    verbatim words""".split()
)
_LINK = re.compile(r"/(s|u|sign-in/link|reset|invitation)/([0-9A-Za-z_-]{8,})")
_ADDRESS = re.compile(r"[^\s@<>()\[\]{},;:\"'=/\\]+@[^\s@<>()\[\]{},;:\"'=/\\]+\.[^\s@<>()\[\]{},;:\"'=/\\.]+")
_PATTERNS = (
    (re.compile(r"\bsvk_[0-9A-Za-z_\-]+"), "svk_" + HIDDEN),
    (re.compile(r"\bSG\.[0-9A-Za-z_\-]{8,}(\.[0-9A-Za-z_\-]+)?"), "SG." + HIDDEN),
    (re.compile(r"(?i)\b((?:proxy-)?authorization|cookie|set-cookie|x-api-key)(\"|')?\s*[:=].*"), r"\1: " + HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[0-9A-Za-z+/=._~\-]{8,}"), r"\1 " + HIDDEN),
    (re.compile(r"(?i)\b(nonce|password|passwd|token|secret|api_key)(\"|')?\s*[:=]\s*[^\s,;&}]+"), r"\1=" + HIDDEN),
    (re.compile(r"(?s)\[parameters: .*?\](?=\n|$)"), "[parameters: " + HIDDEN + "]"),
    (re.compile(r"(?s)\bDETAIL:  .*?(?=\n|$)"), "DETAIL: " + HIDDEN),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), r"\1:" + HIDDEN + "@"),
)
_CONTROL = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_QUIET = ("python_http_client", "sqlalchemy", "urllib3", "waitress.queue", "aiosmtpd", "alembic", "rq", "filelock")


class Redactor:
    """The filter: the same address always becomes the same `contact:` number, under a key that never leaves."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(32)

    def text(self, text: str) -> str:
        """`text` without link tokens, keys, headers, addresses, nonces, passwords or SQL parameters."""
        if text.isalnum():
            return text  # each of them has a sign in it
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return _ADDRESS.sub(self._contact, _LINK.sub(_short_link, text))

    def value(self, value: object) -> object:
        """A logged value, filtered all the way down; what is not plain data becomes its filtered text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return self.fields(value)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        if isinstance(value, bytes | bytearray | memoryview):
            return HIDDEN
        return self.text(str(value))

    def fields(self, fields: Mapping[Any, Any]) -> dict[str, object]:
        """The fields of a line or of a mapping in it; those with a personal name lose their value."""
        return {
            self.text(str(name)): HIDDEN if _is_hidden(str(name)) and value else self.value(value)
            for name, value in fields.items()
        }

    def _contact(self, found: re.Match[str]) -> str:
        code = hmac.digest(self._key, found.group().lower().encode("utf-8", "replace"), "sha256")
        return f"contact:{int.from_bytes(code[:4], 'big') % 1_000_000:06d}"


def _short_link(found: re.Match[str]) -> str:
    return f"/{found[1]}/…{hashlib.sha256(found[2].encode()).hexdigest()[:6]}"


def _is_hidden(name: str) -> bool:
    return name.lower().replace("-", "_") in _HIDDEN_FIELDS


def configure(*, key: bytes = b"", level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every logger of the process, ours and the libraries', through the filter to `stream` (standard error).

    key: what addresses are numbered with, so that processes of one installation agree; drawn when empty.
    """
    redactor = Redactor(key)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render(redactor)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _render(redactor: Redactor) -> Callable[[Any, str, MutableMapping[str, Any]], str]:
    """The last step: filtered fields as one line of JSON whose control characters are escaped."""

    def render(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
        line = json.dumps(redactor.fields(event), ensure_ascii=False, separators=(",", ":"))
        return _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", line)

    return render
