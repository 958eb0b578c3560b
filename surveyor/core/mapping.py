"""Which column of another tool's file is what: declared in TOML or on a screen, or guessed from the first rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint, Refused

FIELDS = ("id", "score", "comment", "answered_at", "store", "customer", "segment", "language")
DEFAULTS = ("answered_at", "store", "segment", "language")
SCALES = {"0-10": range(11), "1-10": range(1, 11)}
#: Written dates that are tried when nothing is declared; ISO 8601 is always known. Days come first, as in French.
DATES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%m/%d/%Y")
_NAMES: dict[str, str] = {
    "id": "id response_id responseid reponse_id id_reponse respondent_id identifiant uuid numero n° no num",
    "score": "score nps note score_0_10 recommandation recommend likelihood_to_recommend note_nps rating nps_score",
    "comment": "comment commentaire verbatim commentaires comments texte text feedback raison remarque avis",
    "answered_at": (
        "answered_at date responded_at response_date date_reponse submitted_at created_at timestamp horodatage "
        "end_date completed_at repondu_le"
    ),
    "store": "store store_id magasin shop point_de_vente pdv boutique location site code_magasin store_name agence",
    "customer": "customer customer_id client client_id id_client contact_id numero_client card_id",
    "segment": "segment segment_client customer_segment",
    "language": "language langue lang locale",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mapping:
    """columns: field -> column. answers: our name of another question -> column. defaults: what no column says.

    stores: what the file calls a store -> our id. source: the name under which the answers are kept apart.
    """

    columns: Map[str, str]
    source: str = "import"
    answers: Map[str, str] = field(default_factory=dict)
    defaults: Map[str, str] = field(default_factory=dict)
    stores: Map[str, str] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    scale: str = "0-10"
    zone: str = ""
    encoding: str = "auto"

    @property
    def scores(self) -> range:
        """The scores that the tool could give."""
        return SCALES[self.scale]

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(dict.fromkeys((*self.columns.values(), *self.answers.values())))


def read_mapping(said: Map[str, Any]) -> Mapping:
    """A mapping as a file or a screen says it. Raises Refused with everything that is wrong, `mapping_invalid`."""
    wrong: list[Complaint] = []
    known = {"columns": dict, "answers": dict, "defaults": dict, "stores": dict, "dates": list, "scale": str}
    known |= {"source": str, "zone": str, "encoding": str}
    for name, value in said.items():
        if name not in known:
            wrong.append(_unknown(name, known))
        elif not isinstance(value, known[name]):
            wrong.append(_wrong(name, "valeur d'un autre type", "value of another type"))
    if wrong:
        raise Refused(wrong)
    columns = {name: str(column) for name, column in said.get("columns", {}).items() if column}
    found = Mapping(
        columns=columns,
        source=said.get("source") or "import",
        answers={name: str(column) for name, column in said.get("answers", {}).items() if column},
        defaults={name: str(value) for name, value in said.get("defaults", {}).items() if str(value)},
        stores={str(name): str(key) for name, key in said.get("stores", {}).items()},
        dates=tuple(map(str, said.get("dates", ()))),
        scale=said.get("scale") or "0-10",
        zone=said.get("zone", ""),
        encoding=said.get("encoding") or "auto",
    )
    wrong = [*_about_names(found), *_about_values(found)]
    if wrong:
        raise Refused(wrong)
    return found


def _about_names(found: Mapping) -> list[Complaint]:
    wrong = [
        _unknown(f"columns.{name}", [f"columns.{one}" for one in FIELDS])
        for name in found.columns
        if name not in FIELDS
    ]
    wrong += [
        _unknown(f"defaults.{name}", [f"defaults.{one}" for one in DEFAULTS])
        for name in found.defaults
        if name not in DEFAULTS
    ]
    for name in found.answers:
        if not _NAME.fullmatch(name):
            wrong.append(_wrong(f"answers.{name}", "minuscules, chiffres, « . _ - »", 'lower case, digits, ". _ -"'))
    if "score" not in found.columns:
        wrong.append(_wrong("columns.score", "dites quelle colonne est la note", "say which column is the score"))
    for name in ("answered_at", "store"):
        if name not in found.columns and name not in found.defaults:
            wrong.append(
                _wrong(
                    f"columns.{name}",
                    f"donnez une colonne, ou une valeur pour toutes les lignes sous [defaults] {name}",
                    f"give a column, or one value for all lines under [defaults] {name}",
                )
            )
    return wrong


def _about_values(found: Mapping) -> list[Complaint]:
    wrong = []
    if found.scale not in SCALES:
        wrong.append(
            _wrong(
                "scale",
                f"{shown(found.scale)} : seules {', '.join(SCALES)} font un NPS, sans conversion",
                f"{shown(found.scale)}: only {', '.join(SCALES)} make an NPS, without conversion",
            )
        )
    if not _NAME.fullmatch(found.source) or found.source == "email":
        wrong.append(_wrong("source", "un nom en minuscules, autre que email", "a lower-case name other than email"))
    for form in found.dates:
        if not re.search(r"%[dj]", form) or "%Y" not in form:
            wrong.append(_wrong("dates", "une forme telle que %d/%m/%Y", "a form such as %d/%m/%Y"))
    if found.zone:
        try:
            ZoneInfo(found.zone)
        except (KeyError, ValueError, OSError):
            wrong.append(_wrong("zone", "un fuseau tel que Europe/Paris", "a zone such as Europe/Paris"))
    at = found.defaults.get("answered_at")
    if at and read_date(at, found.dates, ZoneInfo("UTC")) is None:
        wrong.append(_wrong("defaults.answered_at", f"{shown(at)} n'est pas une date", f"{shown(at)} is not a date"))
    return wrong


def read_date(text: str, forms: Sequence[str], zone: ZoneInfo) -> datetime | None:
    """A written instant or day, in `zone` when it says none; a day alone is its noon. None when it is no date."""
    text = text.strip()
    try:
        found = datetime.fromisoformat(text)
        alone = len(text) <= 10
    except ValueError:
        for form in forms or DATES:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007 - its zone is set below
            except ValueError:
                continue
            alone = "%H" not in form
            break
        else:
            return None
    if alone:
        found = found.replace(hour=12)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def guess(columns: Sequence[str], rows: Sequence[Map[str, Any]]) -> Mapping:
    """A mapping for a file that nobody described: by the names of its columns, dates by their first values.

    What is not found is left out, so that `missing` says it; nothing is invented.
    """
    taken: dict[str, str] = {}
    for name in FIELDS:
        wanted = _NAMES[name].split()
        free = [one for one in columns if one not in taken.values()]
        best = min(free, key=lambda one: _rank(_plain(one), wanted), default=None)
        if best is not None and _rank(_plain(best), wanted) < len(wanted):
            taken[name] = best
    score = taken.get("score")
    others = {
        re.sub(r"[^a-z0-9]+", "_", _plain(one)).strip("_")[:40]: one
        for one in columns
        if one not in taken.values() and re.search(r"satisf|effort|csat|ces|intent|rachat|0_10", _plain(one))
    }
    dates = _dates([str(row.get(taken["answered_at"], "")) for row in rows]) if "answered_at" in taken else ()
    return Mapping(
        columns=taken,
        answers={name: one for name, one in others.items() if name and one != score},
        dates=dates,
    )


def missing(found: Mapping) -> list[str]:
    """What a guess did not find and an import needs."""
    needed = [name for name in ("answered_at", "store") if name not in found.columns and name not in found.defaults]
    return (["score"] if "score" not in found.columns else []) + needed


def to_toml(found: Mapping) -> str:
    """The mapping as a person edits it."""
    lines = [
        f"source = {_quoted(found.source)}",
        f"encoding = {_quoted(found.encoding)}",
        f"scale = {_quoted(found.scale)}",
    ]
    if found.zone:
        lines.append(f"zone = {_quoted(found.zone)}")
    if found.dates:
        lines.append(f"dates = [{', '.join(map(_quoted, found.dates))}]")
    for title, table in (
        ("columns", found.columns),
        ("answers", found.answers),
        ("defaults", found.defaults),
        ("stores", found.stores),
    ):
        if table:
            lines += ["", f"[{title}]", *(f"{_quoted(name)} = {_quoted(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def _dates(values: Sequence[str]) -> tuple[str, ...]:
    given = [value.strip() for value in values if value.strip()]
    if not given or all(_is_iso(value) for value in given):
        return ()
    return next(((form,) for form in DATES if all(_fits(value, form) for value in given)), ())


def _is_iso(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _fits(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return True


def _rank(name: str, wanted: Sequence[str]) -> int:
    return wanted.index(name) if name in wanted else len(wanted)


def plain_name(text: str) -> str:
    """A name without accents, case and punctuation: how stores of another tool are known again."""
    return re.sub(r"[^a-z0-9]+", " ", _plain(text)).strip()


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\s-]+", "_", "".join(c for c in bare if not unicodedata.combining(c)).strip())


def _unknown(name: str, known: Any) -> Complaint:
    close = next(iter(get_close_matches(name, list(known), n=1)), "")
    fr = f"{shown(name)} : clé inconnue." + (f" Vouliez-vous {close} ?" if close else f" Connues : {', '.join(known)}.")
    en = f"{shown(name)}: unknown key." + (f" Did you mean {close}?" if close else f" Known: {', '.join(known)}.")
    return Complaint(name, "mapping_invalid", french(fr), en)


def _wrong(where: str, fr: str, en: str) -> Complaint:
    return Complaint(where, "mapping_invalid", french(f"{where} : {fr}."), f"{where}: {en}.")
