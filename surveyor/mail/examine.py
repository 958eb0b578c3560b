"""Everything that is wrong with the texts of a kind of email in all its languages, before a version: each at its line.

The same checks as on publication by file (publish.py, quality/), over a folder made for the time of one look.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surveyor.core.templates import expressions
from surveyor.errors import Complaint, Refused
from surveyor.mail.publish import publish
from surveyor.mail.published import BASE, LANGUAGES, PublishedEmail, at_folder, read, sample_place
from surveyor.mail.quality import check_email, check_languages
from surveyor.mail.quality.words import nudges, traps

#: language -> part -> source
Sources = Mapping[str, Mapping[str, str]]


#: What is said of each line, and how the automatic checks say the same of the whole.
_BY_LINE, _SAID = frozenset({"email_gating", "email_spam_word"}), ("not neutral", "word of spam")


#: So many sets of texts are remembered, some 100 kB each.
REMEMBERED = 32
_good: dict[bytes, Examined] = {}


@dataclass(frozen=True, slots=True)
class Examined:
    """What the checks found, and what could be compiled, by language. Nothing found: it may be published."""

    findings: tuple[Complaint, ...]
    made: Mapping[str, PublishedEmail]


def shipped_sources(folder: Path, kind: str) -> dict[str, dict[str, str]]:
    """language -> part -> source of a kind, as it comes with the product: version 1."""
    found = {}
    for language in LANGUAGES:
        place = folder / kind / language
        body = "body.mjml" if (place / "body.mjml").exists() else "body.html"
        found[language] = {part: read(place / part) for part in ("subject.txt", "body.txt", body)}
    return found


def examine(kind: str, sources: Sources, folder: Path) -> Examined:
    """Check and compile every language of a kind. folder: the emails that come with the product (frame, samples).

    Costs about half a second for texts never seen; a draft is opened, saved, looked at and published with the same
    ones, so that what was found good is remembered. What was refused is looked at again: a machine may have been slow.
    """
    key = _digest(kind, sources, folder)
    known = _good.get(key)
    if known is None:
        known = _examine(kind, sources, folder)
        if not known.findings:
            if len(_good) >= REMEMBERED:
                _good.clear()
            _good[key] = known
    return known


def _digest(kind: str, sources: Sources, folder: Path) -> bytes:
    """What decides what is found: the texts, and the frame and the samples as they stand in the folder."""
    written = [kind]
    places = sorted((folder / BASE).rglob("*"))
    for language in sorted(sources):
        written += [language, *(part for pair in sorted(sources[language].items()) for part in pair)]
        places.append(sample_place(folder, kind, language) / "sample.toml")
    parts = [one.encode() for one in written]
    for path in (one for one in places if one.is_file()):
        parts += [str(path.relative_to(folder)).encode(), path.read_bytes()]
    return hashlib.sha256(b"".join(len(one).to_bytes(8, "big") + one for one in parts)).digest()


def _examine(kind: str, sources: Sources, folder: Path) -> Examined:
    findings = _missing(sources)
    made: dict[str, PublishedEmail] = {}
    for language in [one for one in LANGUAGES if one in sources]:
        try:
            made[language] = publish(sources[language], kind=kind, language=language, folder=folder)
        except Refused as refused:
            findings += [_at(language, complaint) for complaint in refused.complaints]
        findings += said_by_line(sources[language], language)
    if made:
        findings += _automatic(kind, sources, made, folder, told=any(f.code in _BY_LINE for f in findings))
    return Examined(tuple(findings), made)


def said_by_line(sources: Mapping[str, str], language: str) -> list[Complaint]:
    """Each line that suggests an answer or pays for one, or that filters take for spam, in what was written."""
    found = []
    for part, source in sources.items():
        for number, line in enumerate(_words_alone(source).splitlines(), 1):
            where = f"{language}/{part}:{number}"
            found += [_gate(where, word) for word in nudges(line, language)]
            found += [_trap(where, word) for word in traps(line, language)]
    return found


def _words_alone(source: str) -> str:
    """A source without fields, conditions and tags, its lines where they were."""
    pieces, position = [], 0
    for start, end in expressions(source):
        pieces += [source[position:start], "\n" * source.count("\n", start, end) or " "]
        position = end
    plain, out, inside = "".join([*pieces, source[position:]]), [], False
    for letter in plain:
        inside = letter == "<" or (inside and letter != ">")
        out.append(letter if not inside and letter != ">" else ("\n" if letter == "\n" else " "))
    return "".join(out)


def _gate(where: str, word: str) -> Complaint:
    french = f"{where} : « {word} » oriente ou récompense la réponse. Demandez un avis, sans suggérer de note."
    english = f'{where}: "{word}" pushes or pays for the answer. Ask for an opinion, suggest no score.'
    return Complaint(where, "email_gating", french, english)


def _trap(where: str, word: str) -> Complaint:
    french = f"{where} : les filtres prennent « {word} » pour un signe de courrier indésirable. Dites-le autrement."
    english = f'{where}: filters take "{word}" for a sign of spam. Say it otherwise.'
    return Complaint(where, "email_spam_word", french, english)


def _missing(sources: Sources) -> list[Complaint]:
    found = []
    for language in LANGUAGES:
        if not any(text.strip() for text in sources.get(language, {}).values()):
            said = {"fr": ("le français", "French"), "en": ("l'anglais", "English")}[language]
            french = f"{language} : {said[0]} manque. Une version a toutes les langues."
            english = f"{language}: {said[1]} is missing. A version has every language."
            found.append(Complaint(language, "email_language_missing", french, english))
    return found


def _automatic(
    kind: str, sources: Sources, made: Mapping[str, PublishedEmail], folder: Path, *, told: bool
) -> list[Complaint]:
    """The automatic checks (docs/email.md) on what was compiled. told: gating words were said at their line."""
    with tempfile.TemporaryDirectory(prefix="surveyor-email-") as where:
        place = Path(where)
        shutil.copytree(folder / BASE, place / BASE)
        found = []
        for language, template in made.items():
            here = place / kind / language
            here.mkdir(parents=True)
            shutil.copy(sample_place(folder, kind, language) / "sample.toml", here)
            for part, source in {**sources[language], "body.html": template.html}.items():
                (here / part).write_text(source, "utf-8")
            found += check_email(template, here)
        if len(made) == len(LANGUAGES):
            found += check_languages(place, kind)
    return [one.complaint() for one in found if not (told and one.what.startswith(_SAID))]


def _at(language: str, complaint: Complaint) -> Complaint:
    """The same complaint, its place and its sentence from the language on."""
    placed = at_folder(complaint, "", language)
    where = placed.where.lstrip("/")
    before = f"{complaint.where} : ", f"{complaint.where}: "
    after = complaint.message_fr.removeprefix(before[0]), complaint.message_en.removeprefix(before[1])
    return Complaint(where, complaint.code, f"{where} : {after[0]}", f"{where}: {after[1]}")
