"""An email as it was published: checked, compiled, hashed; what every sending reads and nobody changes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from surveyor.core.templates import FIELDS, check
from surveyor.errors import Complaint, Refused
from surveyor.mail.language import parse
from surveyor.mail.plan import Plan

LANGUAGES = ("fr", "en")
BASE = "_base"
_BLOCK = re.compile(r"<sv-block\s+name\s*=\s*[\"']([a-z_-]+)[\"']\s*/?>(?:</sv-block>)?")
_SCORES = re.compile(r"<sv-scores\s*/?>(?:</sv-scores>)?")
_SCORE_LINES = "\n".join(f"{score} : {{{{ survey.url }}}}/{score}" for score in range(11))


@dataclass(frozen=True)
class PublishedEmail:
    """One kind in one language. `html` is compiled and inlined; `text` has its blocks expanded.

    `version` is what an email row keeps: twelve hexadecimal digits of the SHA-256 of the three parts.
    """

    kind: str
    language: str
    subject: str
    text: str
    html: str
    sha256: bytes = field(init=False)

    def __post_init__(self) -> None:
        parts = "\0".join((self.kind, self.language, self.subject, self.text, self.html))
        object.__setattr__(self, "sha256", hashlib.sha256(parts.encode()).digest())

    @property
    def version(self) -> str:
        """Short name of these exact texts."""
        return self.sha256.hex()[:12]

    @cached_property
    def subject_plan(self) -> Plan:
        """The subject, cut once."""
        return Plan(self.subject, language=self.language, html=False)

    @cached_property
    def text_plan(self) -> Plan:
        """The text part, cut once."""
        return Plan(self.text, language=self.language, html=False)

    @cached_property
    def html_plan(self) -> Plan:
        """The HTML part, cut once."""
        return Plan(self.html, language=self.language, html=True)


Emails = Mapping[tuple[str, str], PublishedEmail]


def load_folder(folder: Path) -> dict[tuple[str, str], PublishedEmail]:
    """Every `emails/<kind>/<language>/` that has a `body.html`, checked again; Refused names file and line."""
    loaded: dict[tuple[str, str], PublishedEmail] = {}
    for kind, language, place in email_folders(folder):
        loaded[kind, language] = load_one(folder, kind, language, place)
    return loaded


def email_folders(folder: Path) -> list[tuple[str, str, Path]]:
    """(kind, language, path) of every email of a folder, in order."""
    found: list[tuple[str, str, Path]] = []
    for kind in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(("_", "."))):
        if kind.name.partition("-")[0] not in FIELDS:
            known = ", ".join(FIELDS)
            french = f"{kind.name} : sorte d'e-mail inconnue. Connues : {known}."
            raise Refused(
                [Complaint(kind.name, "template_kind", french, f"{kind.name}: unknown kind. Known: {known}.")]
            )
        found += [(kind.name, place.name, place) for place in sorted(kind.iterdir()) if place.is_dir()]
    return found


def sample_place(folder: Path, kind: str, language: str) -> Path:
    """Where the sample of a kind is: a variant that was made here is shown with the values of what it is one of."""
    own = folder / kind / language
    return own if own.is_dir() else folder / kind.partition("-")[0] / language


def load_one(folder: Path, kind: str, language: str, place: Path) -> PublishedEmail:
    """One email, its three parts checked with the stricter reading of what will be rendered."""
    sources = tuple((part, read(place / part)) for part in ("subject.txt", "body.txt", "body.html"))
    return _checked(kind, language, sources, tuple(text_blocks(folder, language).items()))


@lru_cache(maxsize=64)
def _checked(
    kind: str, language: str, sources: tuple[tuple[str, str], ...], blocks: tuple[tuple[str, str], ...]
) -> PublishedEmail:
    """The same texts are read once a process: 10 ms of an email, and its plans. A refusal is not remembered."""
    known, parts = dict(blocks), dict(sources)
    complaints: list[Complaint] = []
    for part, source in sources:
        complaints += check(source, parse=parse, kind=kind, part=part, blocks=known)
    if complaints:
        raise Refused([at_folder(c, kind, language) for c in complaints])
    text = expand_text(parts["body.txt"], known)
    return PublishedEmail(kind, language, parts["subject.txt"].strip("\n"), text, parts["body.html"])


def at_folder(complaint: Complaint, kind: str, language: str) -> Complaint:
    """The same complaint, its place said from the top of the folder."""
    where = f"{kind}/{language}/{complaint.where}"
    return Complaint(where, complaint.code, complaint.message_fr, complaint.message_en)


def text_blocks(folder: Path, language: str) -> dict[str, str]:
    """name -> source of the shared blocks of the text part."""
    return {path.stem: read(path) for path in sorted((folder / BASE / language).glob("*.txt"))}


def expand_text(source: str, blocks: Mapping[str, str]) -> str:
    """The two marks of an author, expanded for the text part: eleven lines, and the shared blocks."""
    source = _SCORES.sub(lambda _: _SCORE_LINES, source)
    return _BLOCK.sub(lambda found: blocks[found[1]].strip("\n"), source)


def read(path: Path) -> str:
    """A source file: UTF-8, line ends as LF. A file that is missing or no UTF-8 is a refusal that names it."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        fault = ("template_missing", "fichier absent. Lancez la publication.", "file missing. Run the publication.")
    except UnicodeDecodeError:
        fault = ("template_encoding", "ce n'est pas de l'UTF-8.", "this is not UTF-8.")
    name = "/".join(path.parts[-3:])
    raise Refused([Complaint(name, fault[0], f"{name} : {fault[1]}", f"{name}: {fault[2]}")])
