"""The inbox and labels on the web: what is shown, what a form does, and what somebody of another store cannot see."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from surveyor.db import labels
from surveyor.db.base import new_id
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.cases import ActionPlan, Case, CaseEntry
from surveyor.db.tables.emails import Email
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.flows.open_cases import open_cases
from surveyor.flows.record_response import Form, page_nonce, record_response
from surveyor.ingest.signatures import sign
from surveyor.services import Services
from tests.flows.orders import use_rules
from tests.flows.sending import Free
from tests.web.conftest import Enter, Person
from tests.web.links import Sent, open_network, send

WORDS = "Trop d'attente en caisse, mais accueil chaleureux de Zéphirine"


@pytest.fixture
def answered(installation: Services, clock: Any) -> Sent:
    """A detractor of store S1 whose case is open."""
    from datetime import timedelta

    open_network(installation)
    sent = send(installation, "c1")
    now = installation.now()
    mark = page_nonce(installation.keyring, sent.invitation_id, now=now - timedelta(seconds=30))
    form = Form(
        (("score", "2"), ("comment", WORDS), ("q_channel", "shop"), ("nonce", mark), ("sign", "person")), b"c" * 32
    )
    record_response(installation.sessions, sent.survey, form=form, keys=installation.keyring, journeys=Free(), now=now)
    assert open_cases(installation.sessions, now=now + timedelta(minutes=2)) == 1
    return sent


def case_of(installation: Services) -> Case:
    with installation.sessions() as session:
        return session.scalars(select(Case)).one()  # type: ignore[no-any-return]


def csrf_free(person: Person, installation: Services) -> str:
    return f"/cases/{case_of(installation).id.hex}"


def test_a_store_manager_reads_replies_notes_and_closes_the_case_of_their_store(
    enter: Enter, installation: Services, answered: Sent
) -> None:
    manager = enter("store_manager", "store:S1")
    listing = manager.get("/cases").text
    assert "Trop d&#39;attente en caisse" in listing
    assert "Attente et caisse" in listing
    path = csrf_free(manager, installation)
    page = manager.get(path).text
    assert "Répondre par e-mail" in page
    assert "Accueil" in page
    entry = new_id(installation.now()).hex
    for _ in range(2):
        done = manager.post(f"{path}/reply", {"id": entry, "reply": "Merci.\r\n\r\nUne caisse de plus.", "asks": "1"})
        assert done.status_code == 303
    with installation.sessions() as session:
        assert len(session.scalars(select(Email).where(Email.kind == "reply")).all()) == 1
        assert session.scalars(select(CaseEntry.body).where(CaseEntry.kind == "reply")).all() == [
            "Merci.\n\nUne caisse de plus."
        ]
    assert "en attente d" in manager.get(path).text
    assert manager.post(f"{path}/note", {"id": new_id(installation.now()).hex, "note": "rappelé"}).status_code == 303
    refused = manager.post(f"{path}/close", {"root_cause": "", "action": ""})
    assert refused.status_code == 422
    assert manager.post(f"{path}/close", {"root_cause": "waiting", "action": "caisse"}).status_code == 303
    assert case_of(installation).status == "closed"
    figures = manager.get("/cases/figures?period=2026-11").text
    assert "1 sur 1" in figures
    assert "Temps de réponse" in figures
    assert "Aucun dossier ici" in manager.get("/cases").text
    assert "Zéphirine" in manager.get("/cases?status=closed").text


def test_an_empty_reply_is_refused_and_what_was_typed_stays(
    enter: Enter, installation: Services, answered: Sent
) -> None:
    cx = enter("cx", "network", language="en")
    path = csrf_free(cx, installation)
    entry = new_id(installation.now()).hex
    assert cx.post(f"{path}/reply", {"id": entry, "reply": " "}).status_code == 422
    again = cx.post(f"{path}/owner", {"owner": "0" * 32})
    assert again.status_code == 422
    assert "cannot work on this case" in again.text
    assert cx.post(f"{path}/status", {"status": "closed"}).status_code == 422
    assert cx.get("/cases/" + "0" * 32).status_code == 404


def test_somebody_of_another_store_sees_nothing_of_it(enter: Enter, installation: Services, answered: Sent) -> None:
    other = enter("store_manager", "store:S3")
    path = csrf_free(other, installation)
    for page in ("/cases", "/cases?status=all", "/labels", "/labels/of/waiting", "/verbatims", "/plans"):
        assert "Zéphirine" not in other.get(page).text
    for page in (path, f"/labels/review/{answered.invitation_id.hex}"):
        assert other.get(page).status_code == 404
    assert other.post(f"{path}/reply", {"id": "0" * 32, "reply": "x"}).status_code == 404
    assert other.post(f"/cases/open/{answered.invitation_id.hex}").status_code == 404


def test_labels_are_counted_corrected_and_measured(enter: Enter, installation: Services, answered: Sent) -> None:
    cx = enter("cx", "network")
    assert "Attente et caisse" in cx.get("/labels?period=2026-11").text
    assert cx.get("/labels/of/waiting").status_code == 200
    assert cx.get("/labels/of/nothing").status_code == 404
    words = cx.get("/verbatims?label=waiting&period=2026-11").text
    assert "Trop d" in words
    assert "Trop d" not in cx.get("/verbatims?label=price&period=2026-11").text
    review = f"/labels/review/{answered.invitation_id.hex}"
    assert cx.get("/labels/review").headers["Location"].startswith(review)
    assert cx.post(review, {"label-waiting": "negative", "label-price": "negative"}).status_code == 303
    assert cx.post(review, {"label-unknown": "negative"}).status_code == 422
    with installation.sessions() as session:
        told = labels.carried(session, [answered.invitation_id])[answered.invitation_id]
    assert [(one.label, one.origin) for one in told] == [("price", "person"), ("waiting", "person")]
    quality = cx.get("/labels/quality").text
    assert "1 verbatim" in quality
    assert cx.get("/labels/review").headers["Location"] == "/labels/quality?none=1"


def test_the_lexicon_is_edited_compared_and_published_by_the_network_alone(
    enter: Enter, installation: Services, answered: Sent
) -> None:
    manager = enter("store_manager", "store:S1")
    assert manager.get("/labels/lexicon").status_code == 200
    assert manager.post("/labels/lexicon/draft/new").status_code == 403
    cx = enter("cx", "network")
    assert cx.post("/labels/lexicon/draft/new").status_code == 303
    with installation.sessions() as session:
        text = labels.find_draft(session, str(cx.user_id)).text  # type: ignore[union-attr]
    assert cx.post("/labels/lexicon/draft/publish", {"why": "x"}).status_code == 422  # nothing changed
    assert cx.post("/labels/lexicon/draft", {"text": "format = 3"}).status_code == 303
    assert "ligne 1" in cx.get("/labels/lexicon/draft").text
    assert cx.post("/labels/lexicon/draft", {"text": text.replace('"attente*", ', "")}).status_code == 303
    shown = cx.get("/labels/lexicon/draft").text
    assert "À corriger" in shown  # an example of the label fails
    good = text.replace('id = "parking"', 'id = "car_park"')
    assert cx.post("/labels/lexicon/draft", {"text": good}).status_code == 303
    assert cx.post("/labels/lexicon/draft/publish", {"why": "un nom plus clair"}).status_code == 303
    assert "un nom plus clair" in cx.get("/labels/lexicon").text
    assert cx.post("/labels/lexicon/draft/new", {"number": "9"}).status_code == 404


def test_a_plan_is_written_measured_and_ended_inside_the_scope_of_its_author(
    enter: Enter, installation: Services, answered: Sent
) -> None:
    manager = enter("store_manager", "store:S1")
    given = {"title": "Deux caisses le samedi", "label": "waiting", "starts_on": "2026-11-01"}
    assert manager.post("/plans", given | {"scope": "store:S3"}).status_code == 422
    assert manager.post("/plans", given | {"starts_on": "demain"}).status_code == 422
    made = manager.post("/plans", given)
    assert made.status_code == 303
    page = manager.get(made.headers["Location"]).text
    assert "19 jours avant" in page
    assert "trop peu de réponses pour conclure" in page
    with installation.sessions() as session:
        assert session.scalars(select(ActionPlan.scope)).one() == "store:S1"
    assert manager.post(made.headers["Location"], {"status": "done", "note": ""}).status_code == 303
    assert enter("store_manager", "store:S3").get(made.headers["Location"]).status_code == 404


def test_a_plan_names_the_experiment_that_tries_it_and_says_what_it_confirms(
    enter: Enter, installation: Services
) -> None:
    open_network(installation)
    text = (
        '[[rule]]\nid = "std"\nname = "Après la commande"\nmin_orders = 1\n\n[rule.experiment]\nname = "tone"\n'
        'starts = 2026-12-01\nends = 2026-12-31\n\n[[rule.experiment.arm]]\nname = "a"\n\n'
        '[[rule.experiment.arm]]\nname = "b"\nemail = "invitation-short"\n'
    )
    use_rules(installation.sessions, text, now=installation.now())
    cx = enter("cx")
    assert "Après la commande\u00a0: tone, bras b" in cx.get("/plans").text
    given = {"title": "Ton chaleureux", "starts_on": "2026-11-20", "scope": "network"}
    for wrong in ("std/tone/a", "std/tone/c", "x"):
        assert cx.post("/plans", given | {"experiment": wrong}).status_code == 422
    address = cx.post("/plans", given | {"experiment": "std/tone/b"}).headers["Location"]
    assert "L&#39;expérience ne dit rien encore" in cx.get(address).text
    assert "The experiment says nothing yet: answers may still come." in enter("cx", language="en").get(address).text
    # Another state leaves it as it is, and taking it away stays written.
    assert cx.post(address, {"status": "done", "note": ""}).status_code == 303
    assert cx.post(address, {"status": "done", "note": "", "experiment": "std/tone/c"}).status_code == 422
    manager = enter("store_manager", "store:S1")
    assert manager.post(address, {"status": "done", "note": "", "experiment": ""}).status_code == 403
    assert "ne dit rien encore" in manager.get(address).text
    assert cx.post(address, {"status": "done", "note": "", "experiment": ""}).status_code == 303
    with installation.sessions() as session:
        assert session.scalars(select(ActionPlan.experiment)).all() == [""]
        lines = session.scalars(select(AuditLine).where(AuditLine.action.startswith("plan.")).order_by(AuditLine.n))
        assert [one.after for one in lines] == [
            {"title": "Ton chaleureux", "experiment": "std/tone/b"},
            "done",
            {"status": "done", "experiment": ""},
        ]


def test_the_question_after_a_reply_is_a_public_page_without_a_cookie(
    enter: Enter, installation: Services, answered: Sent, stranger: Any
) -> None:
    from surveyor.core.tokens import Purpose

    manager = enter("store_manager", "store:S1")
    path = csrf_free(manager, installation)
    manager.post(f"{path}/reply", {"id": new_id(installation.now()).hex, "reply": "Merci.", "asks": "1"})
    link = f"/f/{installation.keyring.token(Purpose.FOLLOW_UP, case_of(installation).id)}"
    shown = stranger.get(link)
    assert "Envisagez-vous de revenir" in shown.text
    assert "Set-Cookie" not in shown.headers
    assert case_of(installation).come_back is None
    assert stranger.post(link, data={"come_back": "perhaps"}).status_code == 422
    assert stranger.post(link, data={"come_back": "yes"}).status_code == 200
    assert case_of(installation).come_back is True
    assert stranger.get("/f/" + "0" * 22).status_code == 404


def test_a_customer_s_message_comes_in_by_a_signed_webhook_and_by_no_other(
    installation: Services, answered: Sent, stranger: Any
) -> None:
    new = NewSource("relay", "generic", "soft_opt_in")
    secret = add_source(installation.sessions, new, keys=installation.keyring, now=installation.now(), actor="t")
    raw = (
        f"From: x@example.fr\r\nMessage-ID: <1@x>\r\nIn-Reply-To: <{answered.email_id.hex}@m>\r\n\r\nBonjour\r\n"
    ).encode()
    mark = sign(secret.encode(), raw, int(installation.now().timestamp()))
    told = []
    for signature in (mark, mark, "t=1,v1=00"):
        headers = {"X-Surveyor-Signature": signature}
        done = stranger.post("/hooks/mail/inbound/relay", data=raw, headers=headers, content_type="message/rfc822")
        told.append((done.status_code, (done.get_json() or {}).get("outcome")))
    assert told == [(200, "kept"), (200, "known"), (403, None)]
    assert case_of(installation).unread
