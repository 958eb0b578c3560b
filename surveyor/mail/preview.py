"""An email as its readers will see it, from the text just edited: compiled, checked, written to a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from surveyor.errors import Refused
from surveyor.mail.publish import publish
from surveyor.mail.published import read
from surveyor.mail.quality import check_email, check_languages
from surveyor.mail.samples import sample_messages


def preview(folder: Path, kind: str, language: str, out: Path, *, date: datetime) -> list[Path]:
    """Write `<case>.html`, `<case>.txt` and `<case>.eml` for each case of the sample; returns the paths written.

    Refused lists what may not be published: faults of the text by file and line (nothing is written then), else what
    the automatic checks found on the built emails (which are written, to be looked at).
    """
    place = folder / kind / language
    body = "body.mjml" if (place / "body.mjml").exists() else "body.html"
    sources = {part: read(place / part) for part in ("subject.txt", "body.txt", body)}
    template = publish(sources, kind=kind, language=language, folder=folder)
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for case, message in sample_messages(template, place, date=date).items():
        parts = {".html": message.html.encode(), ".txt": message.text.encode(), ".eml": message.wire or b""}
        for suffix, content in parts.items():
            target = out / f"{kind}-{language}-{case}{suffix}"
            target.write_bytes(content)
            written.append(target)
    found = [*check_email(template, place), *check_languages(folder, kind, template)]
    if found:
        raise Refused([finding.complaint() for finding in found])
    return written
