"""A published text of rules as a file: the text under a comment that says which version it is, when and whose."""

from __future__ import annotations

import re
from datetime import datetime

from surveyor.core.quoting import shown

_HEADER = re.compile(r"\A(?:# surveyor ?: version [^\n]*\n)+(?:\r?\n)?")


def export_text(text: str, *, version: int, published_at: datetime, author: str) -> str:
    """The text with its header, in both languages; a header of an earlier export is replaced.

    `published_at` is aware and written with its offset. The reader of rules ignores comments, so that publishing an
    export unchanged publishes the same rules.
    """
    when, who = published_at.isoformat(timespec="seconds"), shown(author, 80)
    header = f"# surveyor: version {version}, published {when} by {who}\n"
    header += f"# surveyor : version {version}, publiée le {when} par {who}\n"
    return f"{header}\n{without_header(text)}"


def without_header(text: str) -> str:
    """The text without the header of an export."""
    return _HEADER.sub("", text, count=1)
