"""What a customer of a brand sees: the invitation with the sample's customer, and the survey page; nothing is kept."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Response, g, render_template, request

from surveyor.core.brands import Brand
from surveyor.core.surveys import DEFAULT_SURVEY
from surveyor.db import stores
from surveyor.db.base import dumps
from surveyor.db.brand_look import BrandLook
from surveyor.mail.build import build_email
from surveyor.mail.published import PublishedEmail
from surveyor.mail.samples import load_samples, sample_envelope
from surveyor.mail.tinted import tinted
from surveyor.shipped import shipped
from surveyor.web.brands.routes import find
from surveyor.web.emails.routes import version_of
from surveyor.web.emails.shown import of_standing
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.public.look import look_of
from surveyor.web.public.page import Page
from surveyor.web.security.gate import needs
from surveyor.web.security.headers import PREVIEW, PUBLIC
from surveyor.web.security.people import me
from surveyor.web.texts import LANGUAGES

area = Blueprint("brand_preview", __name__, url_prefix="/brands/<brand_id>/preview")
KIND = "invitation"


@area.get("/email")
@needs("read", "brands", find=find)
def email(brand_id: str) -> Response:
    spoken = _spoken()
    values = _values(g.found, spoken)
    envelope = sample_envelope(KIND, spoken, values, date=now())
    message = build_email(tinted(_published(spoken), g.found.colours), values, envelope, wire=False)
    return _framed(message.html, PREVIEW)


@area.get("/page")
@needs("read", "brands", find=find)
def survey(brand_id: str) -> Response:
    brand, spoken = g.found, _spoken()
    g.language = spoken
    look = BrandLook(brand.logo, dumps(dict(brand.colours)), brand.legal_fr, brand.legal_en, brand.privacy_en)
    today = now().date()
    page = Page(
        action="",
        nonce="",
        survey=DEFAULT_SURVEY,
        store=_store(brand),
        brand=brand.name,
        privacy_url=brand.privacy(spoken),
        order_day=today - timedelta(days=2),
        end=today,
        look=look_of(look, spoken),
        given={"score": "9"},
    )
    html = render_template("public/survey.html", page=page, language=spoken)
    return _framed(html, PUBLIC.replace("frame-ancestors 'none'", "frame-ancestors 'self'"))


def _framed(html: str, policy: str) -> Response:
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy
    return response


def _spoken() -> str:
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else language()


def _store(brand: Brand) -> str:
    """A store of the brand that the reader may see, as an example."""
    with services().sessions() as session:
        shops = [one.name for one in stores.shops(session, me().reach) if one.brand_id == brand.id]
    return shops[0] if shops else brand.name


def _values(brand: Brand, spoken: str) -> dict[str, dict[str, str]]:
    sample = load_samples(shipped("emails") / KIND / spoken, KIND)["sample"]
    store = _store(brand)
    question = DEFAULT_SURVEY.score.label.say(spoken, store=store)
    ours = {
        "brand": {
            "name": brand.name,
            "address": brand.postal_address,
            "legal": brand.legal(spoken),
            "logo_url": brand.logo,
        },
        "store": {"name": store},
        "survey": {"question": question},
        "order": {"date": _day(now().date() - timedelta(days=2))},
    }
    privacy = brand.privacy(spoken)
    if privacy:
        ours["links"] = {"privacy": privacy}
    return {group: {**fields, **ours.get(group, {})} for group, fields in sample.items()}


def _day(day: date) -> str:
    return day.isoformat()


def _published(spoken: str) -> PublishedEmail:
    """The invitation in force."""
    found, stored = version_of(KIND, None)
    return of_standing(found, stored, spoken)
