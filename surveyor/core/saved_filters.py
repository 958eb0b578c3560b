"""A saved view: the filter of a page under a name, kept as its address has it, without anything that names a person."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint, Refused

#: Pages that have views: path -> its filters. Words that are searched for are not kept.
_EVERY = ("scope", "segment", "period", "compare")
PAGES: dict[str, tuple[str, ...]] = {
    "/": (*_EVERY, "by", "span"),
    "/compare": (*_EVERY, "by"),
    "/response-rate": (*_EVERY, "by", "rule"),
    "/verbatims": (*_EVERY, "band", "score", "spoken", "label", "all"),
    "/customers": _EVERY,
    "/funnel": (*_EVERY, "rule"),
}
LONGEST_NAME, LONGEST_QUERY = 60, 500


def check_name(text: str) -> str:
    """The name of a view, on one line. Raises Refused: `name_required` or `name_too_long`."""
    name = " ".join(text.split())
    if not name:
        raise Refused([Complaint("name", "name_required", "Donnez un nom à la vue.", "Give the view a name.")])
    if len(name) > LONGEST_NAME or not name.isprintable():
        fr, en = f"Un nom tient en {LONGEST_NAME} caractères.", f"A name has at most {LONGEST_NAME} characters."
        raise Refused([Complaint("name", "name_too_long", fr, en)])
    return name


def check_query(page: str, text: str) -> str:
    """The filter of a page as its address has it, what the page does not know left out.

    Raises:
        Refused: `page_unknown`, or `query_too_long`.
    """
    if page not in PAGES:
        said = shown(page)
        fr = f"{said} n'a pas de vues. Enregistrez-en une depuis une page de résultats."
        raise Refused([Complaint("page", "page_unknown", french(fr), f"{said} has no views. Save one from a page.")])
    try:
        given = dict(parse_qsl(text.lstrip("?"), max_num_fields=50))
    except ValueError:
        given = {}
    kept = urlencode({name: given[name] for name in PAGES[page] if given.get(name)})
    if len(kept) > LONGEST_QUERY:
        fr, en = "Ce filtre est trop long pour être gardé.", "This filter is too long to be kept."
        raise Refused([Complaint("query", "query_too_long", fr, en)])
    return kept


def scope_of(query: str) -> str:
    """The scope that a view is of, as an address has it; "" for all that its reader may see."""
    return dict(parse_qsl(query)).get("scope", "")
