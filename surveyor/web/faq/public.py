"""`/r/brand/<id>/faq`: the questions and answers of a brand, as a page and as JSON; nobody is asked anything."""

from __future__ import annotations

from flask import Blueprint, Response, json, make_response, render_template

from surveyor.db import brands, faq
from surveyor.errors import NotFound
from surveyor.web.here import services
from surveyor.web.language import language
from surveyor.web.reviews.public import look_of_brand
from surveyor.web.security.gate import anybody

area = Blueprint("faq_public", __name__, url_prefix="/r/brand")


@area.get("/<brand_id>/faq")
@anybody
def page(brand_id: str) -> Response:
    name, found = _entries(brand_id)
    shown = [one for one in found if one.question(language()) and one.answer(language())]
    values = {"brand": name, "brand_id": brand_id, "entries": shown, "look": look_of_brand(brand_id)}
    return make_response(render_template("faq/public.html", language=language(), **values))


@area.get("/<brand_id>/faq.json")
@anybody
def data(brand_id: str) -> Response:
    """The same in both languages, each entry with the day it was last read again."""
    name, found = _entries(brand_id)
    entries = [
        {
            "id": one.id.hex,
            "question": {"fr": one.question_fr, "en": one.question_en},
            "answer": {"fr": one.answer_fr, "en": one.answer_en},
            "reviewed_on": one.reviewed_on.isoformat() if one.reviewed_on else None,
        }
        for one in found
    ]
    response = make_response(json.dumps({"brand": name, "entries": entries}, ensure_ascii=False))
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _entries(brand_id: str) -> tuple[str, list[faq.Entry]]:
    with services().read_sessions() as session:
        brand = brands.find(session, brand_id)
        found = faq.every(session, [brand_id], published=True)
    if brand is None or not found:
        raise NotFound("faq")
    return brand.name, found
