"""From what a person writes to what is sent: check, expand, compile, inline, check again. Once per version.

`python -m surveyor.mail.publish FOLDER` writes each `body.html` beside its source; `--check` only compares.
"""

from __future__ import annotations

import re
import subprocess  # the compiler runs in a process of its own, with limits
import sys
from collections.abc import Mapping
from pathlib import Path

from surveyor.core.templates import check, expressions
from surveyor.errors import Complaint, Refused
from surveyor.mail.heavy import too_slow
from surveyor.mail.language import parse
from surveyor.mail.published import (
    BASE,
    PublishedEmail,
    at_folder,
    email_folders,
    expand_text,
    read,
    text_blocks,
)
from surveyor.mail.quality import check_email, check_languages
from surveyor.mail.scores import scores_mjml

COMPILE_SECONDS = 10
COMPILER = Path(__file__).with_name("compile.py")
_BLOCK = re.compile(r"<sv-block\s+name\s*=\s*[\"']([a-z_-]+)[\"']\s*(?:/>|>\s*</sv-block>)")
_SCORES = re.compile(r"<sv-scores\s*(?:/>|>\s*</sv-scores>)")


def publish(sources: Mapping[str, str], *, kind: str, language: str, folder: Path) -> PublishedEmail:
    """The published form of `subject.txt`, `body.txt` and `body.mjml` (or `body.html`); Refused lists every complaint.

    folder: where `_base/<language>` has the shared blocks. Costs some 100 ms: the compiler is another process.
    """
    texts, markups = text_blocks(folder, language), mjml_blocks(folder, language)
    complaints: list[Complaint] = []
    for part, source in sources.items():
        blocks = markups if part.endswith(".mjml") else texts
        complaints += check(source, parse=parse, kind=kind, part=part, blocks=blocks)
    if complaints:
        raise Refused(complaints)
    html = sources["body.html"] if "body.mjml" not in sources else compiled(sources["body.mjml"], language, markups)
    again = check(html, parse=parse, kind=kind, part="body.html")
    if again:
        raise Refused(again)
    text = expand_text(sources["body.txt"], texts)
    made = PublishedEmail(kind, language, sources["subject.txt"].strip("\n"), text, html)
    slow = too_slow(made)
    if slow is not None:
        raise Refused([slow])
    return made


def compiled(source: str, language: str, blocks: Mapping[str, str]) -> str:
    """A checked `body.mjml` as HTML; Refused when the compiler fails or changes an expression."""
    expanded = _SCORES.sub(lambda _: scores_mjml(language), source)
    expanded = _BLOCK.sub(lambda found: blocks[found[1]], expanded)
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", str(COMPILER)],
            input=expanded.encode("utf-8"),
            capture_output=True,
            timeout=COMPILE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _not_compiled("temps", "time") from None
    if done.returncode != 0:
        raise _not_compiled("MJML illisible", "unreadable MJML")
    html = short_lines(done.stdout.decode("utf-8"))
    if _said(expanded) != _said(html):
        raise _not_compiled("une variable a été abîmée", "a variable was damaged")
    return html


def _said(source: str) -> set[str]:
    return {source[start:end] for start, end in expressions(source)}


def mjml_blocks(folder: Path, language: str) -> dict[str, str]:
    """name -> source of the shared blocks of the HTML part: ours, so wider than what an author may write."""
    return {path.stem: read(path) for path in sorted((folder / BASE / language).glob("*.mjml"))}


def short_lines(html: str) -> str:
    """The same HTML with line ends where they mean nothing: inside tags, and between the rows of layout tables.

    A line that holds a customer's words then fits the 76 columns of quoted-printable, and is cheap to encode.
    """
    html = re.sub(r"[ \t]+\n", "\n", html)
    html = re.sub(r"(<[a-z][a-z0-9]*(?:\s[^<>]*?)?) (href|style)=\"", r"\1" + "\n" + r'\2="', html)
    html = re.sub(r"(\n(?:href|style)=\"[^\"]*\") ?(?=[a-z])", r"\1\n", html)
    html = re.sub(r"(</(?:td|tr|tbody|table|div)>|<(?:tr|tbody)>)(?=<)", r"\1\n", html)
    return re.sub(r"\n{2,}", "\n", html).strip("\n") + "\n"


def publish_folder(folder: Path, *, write: bool = True) -> list[str]:
    """Compile every email of a folder. Returns the paths whose `body.html` was not what the source gives.

    Refused: a source is at fault, or an automatic check found something; this email and later ones stay as they were.
    """
    stale: list[str] = []
    for kind, language, place in email_folders(folder):
        if not (place / "body.mjml").exists():
            continue
        sources = {part: read(place / part) for part in ("subject.txt", "body.txt", "body.mjml")}
        try:
            template = publish(sources, kind=kind, language=language, folder=folder)
        except Refused as refused:
            raise Refused([at_folder(c, kind, language) for c in refused.complaints]) from refused
        found = check_email(template, place)
        if found:
            raise Refused([finding.complaint() for finding in found])
        html = template.html
        target = place / "body.html"
        if not target.exists() or target.read_bytes() != html.encode("utf-8"):
            stale.append(f"{kind}/{language}/body.html")
            if write:
                target.write_bytes(html.encode("utf-8"))
    kinds = sorted({kind for kind, _, _ in email_folders(folder)})
    differ = [finding for kind in kinds for finding in check_languages(folder, kind)] if not stale or write else []
    if differ:
        raise Refused([finding.complaint() for finding in differ])
    return stale


def main(arguments: list[str]) -> int:
    """The command: 0 done, 1 refused (or, with --check, out of date)."""
    only_check = "--check" in arguments
    places = [argument for argument in arguments if argument != "--check"] or ["emails"]
    status = 0
    for place in places:
        try:
            stale = publish_folder(Path(place), write=not only_check)
        except Refused as refused:
            sys.stderr.write("".join(f"{c.where}: {c.message_en}\n" for c in refused.complaints))
            return 1
        for name in stale:
            sys.stderr.write(f"{name}: {'out of date' if only_check else 'written'}\n")
        status = 1 if stale and only_check else status
    return status


def _not_compiled(french: str, english: str) -> Refused:
    return Refused(
        [
            Complaint(
                "body.mjml",
                "template_syntax",
                f"body.mjml : non compilé ({french}). Revenez au dernier texte qui passait.",
                f"body.mjml: not compiled ({english}). Go back to the last text that passed.",
            )
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
