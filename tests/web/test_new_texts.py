"""The forms of new surveys and new invitations: what is wrong beside its field, drafts in the list, names in rules."""

from __future__ import annotations

from surveyor.core.surveys import Words
from surveyor.flows import edit_emails, edit_surveys
from surveyor.flows.approvals import propose_email, propose_survey
from surveyor.flows.publish_emails import Wanted
from surveyor.flows.publish_rules import publish_first
from surveyor.services import Services
from surveyor.shipped import shipped
from tests.web.conftest import Enter

SURVEY = {"id": "nps-pickup", "name_fr": "Au retrait", "name_en": "At pickup", "copy": "nps"}


def test_a_survey_is_made_published_and_chosen_in_a_rule(installation: Services, enter: Enter) -> None:
    publish_first(installation.sessions, '[[rule]]\nid = "std"\n', now=installation.now())
    cx = enter("cx")
    wrong = cx.post("/surveys", {**SURVEY, "id": "nps", "name_en": ""})
    assert wrong.status_code == 422
    assert 'id="id-wrong" data-code="name_taken"' in wrong.text
    assert 'id="name_en-wrong" data-code="name_length"' in wrong.text
    assert 'value="Au retrait"' in wrong.text
    assert cx.post("/surveys", SURVEY).location.endswith("/surveys/nps-pickup/draft")
    assert '/surveys/nps-pickup/draft">' in cx.get("/surveys").text
    assert cx.get("/surveys/nps-pickup").status_code == 404
    assert cx.get("/surveys/nps-pickup/draft").status_code == 200
    assert "score" in cx.get("/surveys/nps-pickup/draft/publish").text
    cx.post("/rules/draft")
    assert '<option value="nps-pickup"' not in cx.get("/rules/draft/rule/0").text
    done = cx.post("/surveys/nps-pickup/draft/publish", {"reason": "au retrait"})
    assert done.location.endswith("/surveys/nps-pickup?saved=1")
    assert '<option value="nps-pickup"' in cx.get("/rules/draft/rule/0").text


def test_an_invitation_is_made_and_forgotten_again(enter: Enter) -> None:
    cx = enter("cx")
    wrong = cx.post("/emails", {"variant": "Noël", "copy": "invitation"})
    assert wrong.status_code == 422
    assert 'id="variant-wrong" data-code="name_pattern"' in wrong.text
    assert cx.post("/emails", {"variant": "noel", "copy": "account-password"}).status_code == 404
    assert cx.post("/emails", {"variant": "noel", "copy": "invitation"}).location.endswith(
        "/emails/invitation-noel/draft"
    )
    assert "Invitation · noel" in cx.get("/emails").text
    for page in ("", "/publish", "/html?language=fr"):
        assert cx.get(f"/emails/invitation-noel/draft{page}").status_code == 200
    cx.post("/emails/invitation-noel/draft/discard")
    assert "Invitation · noel" not in cx.get("/emails").text


def test_who_only_reads_is_offered_no_form(enter: Enter) -> None:
    reader = enter("store_manager", "store:S1")
    assert 'action="/surveys"' not in reader.get("/surveys").text
    assert 'action="/emails"' not in reader.get("/emails").text


def test_a_proposal_of_an_email_and_of_a_survey_is_shown_to_who_may_approve_it(
    installation: Services, enter: Enter
) -> None:
    author, other = enter("cx"), enter("admin")
    name = str(author.user_id)
    edit_emails.create_draft(
        installation.sessions, name, "noel", copy="invitation", folder=shipped("emails"), now=installation.now()
    )
    new = edit_surveys.New("nps-pickup", Words("Au retrait", "At pickup"), "nps")
    edit_surveys.create_draft(installation.sessions, name, new, now=installation.now())
    mail = propose_email(
        installation.sessions,
        Wanted(name, "invitation-noel", "Ana", "x"),
        folder=shipped("emails"),
        now=installation.now(),
    )
    asked = edit_surveys.Wanted(name, "Ana", "x")
    survey = propose_survey(installation.sessions, asked, "nps-pickup", now=installation.now())
    assert "Votre avis" in other.get(f"/approvals/{mail.id.hex}").text
    assert "ajoutée" in other.get(f"/approvals/{survey.id.hex}").text
