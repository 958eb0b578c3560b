"""A person goes through the labels of a verbatim: what they say stands, and is what the quality is measured on."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.labels import Polarity
from surveyor.db import labels, verbatims
from surveyor.db.labels import Carried
from surveyor.errors import NotFound
from surveyor.flows.edit_labels import next_to_review
from surveyor.flows.sort_verbatims import in_force, review_verbatim
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.inbox.found import identifier
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("label_review", __name__, url_prefix="/labels/review")


@area.get("")
@needs("write", "cases")
def next_one() -> Response:
    """Some verbatim that nobody went through."""
    with services().sessions() as session:
        found = next_to_review(session, me().reach)
    if found is None:
        return redirect(url_for("labels.quality", none=1), 303)
    return redirect(url_for("label_review.page", response_id=found.hex, sample=1), 303)


@area.get("/<response_id>")
@needs("write", "cases")
def page(response_id: str) -> Response:
    """The verbatim, and each label with how it is meant."""
    ident = _inside(response_id)
    with services().sessions() as session:
        lexicon = in_force(session).lexicon
        of = labels.commented(session, [ident]).get(ident)
        carried = {one.label: one for one in labels.carried(session, [ident]).get(ident, ())}
        by = labels.reviewed(session, ident)
    if of is None:
        raise NotFound("response")
    rows = [(one.id, one.name(language()), carried.get(one.id)) for one in lexicon.labels]
    rows.sort(key=lambda one: one[2] is None)
    values = {"of": of, "rows": rows, "by": by, "polarities": list(Polarity), "sample": "sample" in request.args}
    return make_response(render_template("labels/review.html", **values))


@area.post("/<response_id>")
@needs("write", "cases")
def save(response_id: str) -> Response:
    """What the person says."""
    ident = _inside(response_id)
    with services().sessions() as session:
        known = [one.id for one in in_force(session).lexicon.labels]
    given = declared(read_fields(), {*(f"label-{one}" for one in known), "sample"})
    said = [(one, given.get(f"label-{one}", "")) for one in known]
    carried = [Carried(one, meant, origin="person") for one, meant in said if meant in list(Polarity)]
    kept = review_verbatim(services().sessions, ident, carried=carried, by=me().id.hex, now=now())
    if not kept:
        raise NotFound("response")
    if given.get("sample") == "1":
        return redirect(url_for("label_review.next_one"), 303)
    return redirect(url_for("label_review.page", response_id=response_id), 303)


def _inside(response_id: str) -> UUID:
    ident = identifier(response_id, "response")
    with services().sessions() as session:
        if not verbatims.is_inside(session, me().reach, ident):
            raise NotFound("response")
    return ident
