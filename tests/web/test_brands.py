"""The screens of brands: what is saved is what the next page shows, of this brand and of no other."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image, ImageDraw
from sqlalchemy import select, update

from surveyor.app import create_app
from surveyor.core.brands import Sender
from surveyor.db import brands
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.network import Store
from surveyor.flows.edit_brand import add_brand, set_sender
from surveyor.flows.edit_emails import open_draft, save_texts
from surveyor.flows.manage_users import HOST
from surveyor.flows.publish_emails import Wanted, publish_email
from surveyor.services import Services
from surveyor.shipped import shipped
from tests.web.conftest import Enter, Person, make_services
from tests.web.links import open_network, send

pytestmark = pytest.mark.slow


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 200), *, colour: str = "#0b3d91", text: str = "") -> bytes:
    """A logo: a disc on nothing, with a secret in its metadata when it has `text`."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((10, 10, min(size) - 10, min(size) - 10), fill=colour)
    out = io.BytesIO()
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        about = PngInfo()
        about.add_text("Comment", text)
        image.save(out, "PNG", pnginfo=about)
    else:
        flat = Image.new("RGB", size, "#ffffff")
        flat.paste(image, mask=image.getchannel("A"))
        flat.save(out, kind, comment=text.encode())
    return out.getvalue()


@pytest.fixture
def installation(sqlite_sessions: Any, clock: Any) -> Services:
    return make_services(sqlite_sessions, clock, sender="Courses <avis@courses.example>")


@pytest.fixture
def app(installation: Services) -> Flask:
    """S1 and S2 stay with Maison Claire; S3 is of Claire Sport."""
    open_network(installation)
    add_brand(installation.sessions, brand_id="sport", name="Claire Sport", by=HOST, now=installation.now())
    with installation.sessions.begin() as session:
        session.execute(update(Store).where(Store.id == "S3").values(brand_id="sport"))
    return create_app(installation)


@pytest.fixture
def cx(app: Flask, enter: Enter) -> Person:
    return enter("cx")


def upload(person: Person, raw: bytes, *, brand: str = "sport", name: str = "logo.png") -> Any:
    data = {"csrf_token": person.csrf, "logo": (io.BytesIO(raw), name)}
    return person.client.post(f"/brands/{brand}/logo", data=data, content_type="multipart/form-data")


def saved(here: Services, brand_id: str = "sport") -> Any:
    with here.sessions() as session:
        return brands.find(session, brand_id)


def test_what_is_saved_is_on_the_next_page_of_that_brand_and_of_no_other(
    app: Flask, cx: Person, installation: Services
) -> None:
    theirs, others = send(installation, "c1", store="S3"), send(installation, "c2", store="S1")
    visitor = app.test_client()
    before = visitor.get(f"/s/{theirs.survey}").text
    form = {
        "name": "Claire Sport",
        "legal_fr": "Claire Sport SAS, RCS Lille",
        "privacy_fr": "https://sport.example/donnees",
        "colours": "own",
        "accent": "#0B3D91",
        "ground": "#eef2fa",
    }
    assert cx.post("/brands/sport", form).status_code == 303
    assert upload(cx, picture()).status_code == 303
    logo = saved(installation).logo
    sheet = ""
    for path in (f"/s/{theirs.survey}", f"/u/{theirs.unsubscribe}"):
        page = visitor.get(path).text
        assert f'src="{logo}"' in page
        assert "Claire Sport SAS, RCS Lille" in page
        assert "https://sport.example/donnees" in page
        sheet = re.findall(r'href="(/look/[^"]+)"', page)[0]
        assert "0b3d91" in sheet
    css = visitor.get(sheet)
    assert css.status_code == 200
    assert "--accent:#0b3d91" in css.text
    assert "immutable" in css.headers["Cache-Control"]
    assert before != visitor.get(f"/s/{theirs.survey}").text
    for path in (f"/s/{others.survey}", f"/u/{others.unsubscribe}"):
        page = visitor.get(path).text
        assert logo not in page
        assert "/look/" not in page
        assert "SAS" not in page


def test_s35_a_logo_is_drawn_again_and_served_as_ours(app: Flask, cx: Person, installation: Services) -> None:
    assert upload(cx, picture(text="GPS 50.63, 3.06"), name="../../evil.html").status_code == 303
    logo = saved(installation).logo
    assert re.fullmatch(r"/logo/[0-9a-f]{64}\.png", logo)
    served = app.test_client().get(logo)
    assert served.content_type == "image/png"
    assert served.headers["Content-Disposition"].startswith("attachment")
    assert served.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" in served.headers["Cache-Control"]
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert b"GPS" not in served.data
    assert b"tEXt" not in served.data
    assert len(served.data) < 4096
    with Image.open(io.BytesIO(served.data)) as image:
        assert image.size == (300, 80)


def test_a_jpeg_loses_what_it_carried(app: Flask, cx: Person, installation: Services) -> None:
    assert upload(cx, picture("JPEG", text="taken at home")).status_code == 303
    assert b"home" not in app.test_client().get(saved(installation).logo).data


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 415, "upload_type"),
        (b"GIF89a" + bytes(30), 415, "upload_type"),
        (picture()[:80], 415, "upload_type"),
        (picture() + b"<script>" + bytes(600 * 1024), 413, "upload_too_large"),
        (picture(size=(2100, 2000)), 413, "upload_too_large"),
        (picture(colour="#ffffff"), 422, "logo_blank"),
        (b"\xff\xd8\xff\xe0" + bytes(40), 415, "upload_type"),
    ],
    ids=["nothing", "a GIF", "cut short", "too heavy", "too many pixels", "white", "no JPEG after all"],
)
def test_s35_what_is_no_logo_is_refused_and_changes_nothing(
    raw: bytes, status: int, code: str, cx: Person, installation: Services
) -> None:
    answer = upload(cx, raw)
    assert answer.status_code == status
    assert f'data-code="{code}"' in answer.text
    assert saved(installation).logo == ""


def test_a_logo_without_the_forgery_token_is_refused(cx: Person, installation: Services) -> None:
    data = {"logo": (io.BytesIO(picture()), "logo.png")}
    answer = cx.client.post("/brands/sport/logo", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert saved(installation).logo == ""


def test_a_colour_nobody_could_read_is_refused_with_the_nearest_that_will_do(
    cx: Person, installation: Services
) -> None:
    form = {"name": "Sport", "colours": "own", "accent": "#ffcc00", "ground": "#ffffff"}
    answer = cx.post("/brands/sport", form)
    assert answer.status_code == 422
    assert 'data-code="colour_contrast"' in answer.text
    assert 'value="#ffcc00"' in answer.text  # what was typed is shown again
    better = re.findall(r"qui convient.{1,3}: (#[0-9a-f]{6})", answer.text)[0]
    assert cx.post("/brands/sport", {**form, "accent": better}).status_code == 303
    assert saved(installation).colours["accent"] == better
    assert cx.post("/brands/sport", {"colours": "ours", "accent": better, "ground": "#ffffff"}).status_code == 303
    assert saved(installation).colours == {}


def test_every_change_is_kept_with_who_made_it(cx: Person, installation: Services) -> None:
    cx.post("/brands/sport", {"name": "Sport Claire"})
    upload(cx, picture())
    cx.post("/brands/sport", {"name": "Sport Claire"})  # nothing new: nothing kept
    with installation.sessions() as session:
        versions = brands.versions(session, "sport")
        lines = session.scalars(select(AuditLine).where(AuditLine.object == "brand:sport").order_by(AuditLine.n)).all()
    assert [(one.n, one.author, one.brand.name) for one in versions] == [
        (3, str(cx.user_id), "Sport Claire"),
        (2, str(cx.user_id), "Sport Claire"),
        (1, "host", "Claire Sport"),
    ]
    assert [(line.action, line.after["fields"]) for line in lines][1:] == [
        ("brand.edited", ["name"]),
        ("brand.edited", ["logo"]),
    ]
    page = cx.get("/brands/sport").text
    assert "Qui a changé quoi" in page
    assert page.count("<li><strong>") == 3


def test_s32_only_an_admin_chooses_a_sender_and_only_of_a_domain_the_host_verified(
    cx: Person, enter: Enter, installation: Services
) -> None:
    admin = enter("admin")
    form = {"address": "sport@enquetes.courses.example", "sender_name": "Claire Sport", "sender_id": "sport"}
    assert cx.post("/brands/sport/sender", form).status_code == 403
    answer = admin.post("/brands/sport/sender", {**form, "address": "sport@ailleurs.example"})
    assert answer.status_code == 422
    assert 'data-code="sender_unverified"' in answer.text
    assert saved(installation).sender == Sender()
    assert admin.post("/brands/sport/sender", form).status_code == 303
    assert saved(installation).sender == Sender("sport@enquetes.courses.example", "Claire Sport", sender_id="sport")
    elsewhere = Sender("sport@ailleurs.example")
    set_sender(installation.sessions, brand_id="sport", sender=elsewhere, default=None, by=HOST, now=installation.now())
    assert admin.post("/brands/Maison Claire/sender", {"address": "claire@ailleurs.example"}).status_code == 303


def test_a_reader_sees_only_the_brands_of_their_stores(app: Flask, enter: Enter) -> None:
    north = enter("store_manager", "store:S1")
    listing = north.get("/brands").text
    assert "Maison Claire" in listing
    assert "Claire Sport" not in listing
    assert north.get("/brands/sport").status_code == 404
    assert north.get("/brands/sport/preview/email").status_code == 404
    assert "Claire Sport" in enter("cx", "brand:sport").get("/brands").text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_previews_show_the_brand_and_run_nothing(cx: Person, language: str) -> None:
    cx.post("/brands/sport", {"colours": "own", "accent": "#0b3d91", "legal_en": "Claire Sport Ltd"})
    upload(cx, picture())
    email = cx.get(f"/brands/sport/preview/email?lang={language}")
    page = cx.get(f"/brands/sport/preview/page?lang={language}")
    for shown in (email, page):
        assert "/logo/" in shown.text
        assert "0b3d91" in shown.text
        assert "Claire Sport Ltd" in shown.text
        assert "Nice" in shown.text  # its store
        assert f'lang="{language}"' in shown.text
    assert "sandbox" in email.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]


def test_a_sheet_of_other_colours_or_of_another_release_is_not_made(app: Flask) -> None:
    plain = app.test_client().get("/privacy").text
    stamp = re.findall(r"/static/public\.([0-9a-f]{12})\.css", plain)[0]
    client = app.test_client()
    assert client.get(f"/look/{stamp}.0b3d91f3f4f1.css").status_code == 200
    for name in (f"{stamp}.ffff00f3f4f1", "000000000000.0b3d91f3f4f1", f"{stamp}.0b3d91", f"{stamp}.0B3D91f3f4f1"):
        assert client.get(f"/look/{name}.css").status_code == 404


def test_two_brands_cannot_have_one_id(cx: Person) -> None:
    answer = cx.post("/brands", {"id": "sport", "name": "Autre"})
    assert answer.status_code == 422
    assert 'data-code="duplicate"' in answer.text


def test_the_preview_is_of_the_text_in_force_in_the_colours_of_the_brand(cx: Person, installation: Services) -> None:
    folder, now = shipped("emails"), installation.now()
    words = {"fr": ("Merci pour", "Grand merci pour"), "en": ("Thank you for", "Many thanks for")}
    changed = {}
    for language, (old, new) in words.items():
        source = (folder / "invitation" / language / "body.mjml").read_text("utf-8")
        assert old in source
        changed[language] = {"body.mjml": source.replace(old, new)}
    open_draft(installation.sessions, "u1", "invitation", folder=folder, now=now)
    save_texts(installation.sessions, "u1", "invitation", changed, folder=folder, now=now)
    publish_email(installation.sessions, Wanted("u1", "invitation", "Zoé", "merci"), folder=folder, now=now)
    cx.post("/brands/sport", {"colours": "own", "accent": "#0b3d91"})
    for language, (_, new) in words.items():
        shown = cx.get(f"/brands/sport/preview/email?lang={language}").text
        assert new in shown
        assert "#0b3d91" in shown
