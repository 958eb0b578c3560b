"""Work on the questions that customers are asked: a draft, its check, a version that later invitations carry.

An invitation keeps the version it was made with, so a survey that waits in a mailbox never changes under its reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from surveyor.core.surveys import Survey, Words
from surveyor.core.surveys.check import check_survey
from surveyor.db import audit, proposals, survey_versions
from surveyor.db.proposals import Decision
from surveyor.db.survey_versions import Draft, Version
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import tell_proposals
from surveyor.flows.again import again
from surveyor.flows.new_names import named
from surveyor.mail.quality.words import nudges

PRODUCT, WITH_IT = "surveyor", "livré avec le produit · comes with the product"


#: The base of a draft of a survey that nobody published yet.
NOTHING = 0


@dataclass(frozen=True, slots=True)
class New:
    """A survey to be made. id: what rules will call it; copy: the survey whose questions it begins with."""

    id: str
    name: Words
    copy: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A publication: whose draft, under which name it is shown, why; decision: of who approves it."""

    author: str
    name: str
    why: str
    decision: Decision | None = None


def current(session: Any, survey: str, number: int | None = None) -> Version:
    """Version `number` of a survey, or the one that is asked now. Raises NotFound."""
    for one in survey_versions.versions(session, survey):
        if number in (None, one.number):
            return one
    raise NotFound("survey")


def before(session: Any, survey: Survey, number: int | None = None) -> Version:
    """What a draft is compared with: version `number`, or the one in force; number 0, nothing asked, when there is none
    yet."""
    if number == NOTHING or not survey_versions.versions(session, survey.id):
        return Version(NOTHING, replace(survey, questions=()))
    return current(session, survey.id, number)


def find(session: Any, author: str, survey: str) -> Draft:
    """The author's draft. Raises NotFound without one."""
    found = survey_versions.find_draft(session, author, survey)
    if found is None:
        raise NotFound("There is no draft: open one from the version in force.")
    return found


def open_draft(sessions: Any, author: str, survey: str, *, now: datetime, number: int | None = None) -> Draft:
    """The author's draft; a new one of the version in force, or of `number`, which replaces what there was."""
    with sessions.begin() as session:
        found = survey_versions.find_draft(session, author, survey)
        if found is not None and number is None:
            return found
        draft = Draft(author, current(session, survey).number, current(session, survey, number).survey, now)
        survey_versions.save_draft(session, draft)
        return draft


def create_draft(sessions: Any, author: str, new: New, *, now: datetime) -> Draft:
    """The draft of a new survey: the questions in force of another, under a name of its own.

    Raises NotFound without that other; Refused (422): `name_pattern`, `name_taken` (a draft of one's own takes it as
    well), `text_missing`.
    """
    with sessions.begin() as session:
        start = current(session, new.copy)
        mine = survey_versions.find_draft(session, author, new.id)
        taken = {*survey_versions.ids(session), *([new.id] if mine is not None else [])}
        wrong = [*named("id", new.id, taken), *_unnamed(new.name)]
        if wrong:
            raise Refused(wrong)
        draft = Draft(author, NOTHING, replace(start.survey, id=new.id, name=new.name), now)
        survey_versions.save_draft(session, draft)
        return draft


def _unnamed(name: Words) -> list[Complaint]:
    missing = [tongue for tongue, text in (("fr", name.fr), ("en", name.en)) if not text.strip() or len(text) > 80]
    fr, en = "Donnez un nom de 1 à 80 caractères.", "Give a name of 1 to 80 characters."
    return [Complaint(f"name_{tongue}", "name_length", fr, en) for tongue in missing]


def change_draft(
    sessions: Any, author: str, survey: str, change: Callable[[Survey], Survey], *, now: datetime
) -> Draft:
    """Keep what `change` makes of a draft; whatever is wrong with it, the check says. Raises NotFound without one."""
    with sessions.begin() as session:
        found = find(session, author, survey)
        draft = replace(found, survey=change(found.survey), updated_at=now)
        survey_versions.save_draft(session, draft)
        return draft


def carry_over(sessions: Any, author: str, survey: str, *, now: datetime) -> None:
    """Go on from the version in force, the draft's questions unchanged."""
    with sessions.begin() as session:
        found = find(session, author, survey)
        survey_versions.save_draft(session, replace(found, base=before(session, found.survey).number, updated_at=now))


def discard_draft(sessions: Any, author: str, survey: str) -> None:
    """Forget a draft."""
    with sessions.begin() as session:
        survey_versions.discard_draft(session, author, survey)


def asked(session: Any) -> list[Survey]:
    """Every survey that was ever asked, in each of its versions."""
    return [one.survey for name in survey_versions.ids(session) for one in survey_versions.versions(session, name)]


def complaints(survey: Survey, before: Survey | None, ever: Sequence[Survey] = ()) -> list[Complaint]:
    """Everything that is wrong with a draft: its shape, and words that push or pay for an answer.

    ever: what `asked` says; without it a scale is compared with that of the version before only.
    """
    return check_survey(survey, before=before, asked=ever) + [
        _gate(question.id, word)
        for question in survey.questions
        for said in (question.label, *([] if question.by_score is None else _said(question.by_score)))
        for language, text in (("fr", said.fr), ("en", said.en))
        for word in nudges(text, language)
    ]


def _said(by_score: Any) -> list[Any]:
    return [by_score.low, by_score.mid, by_score.high]


def ready(sessions: Any, wanted: Wanted, survey: Survey, *, base: int) -> Version:
    """The version in force, when this survey may follow it. Raises as `publish_survey`."""
    if not wanted.why.strip():
        raise Refused([_reason()])
    with sessions() as session:
        active, ever = before(session, survey), asked(session)
    _same_base(base, active)
    wrong = complaints(survey, active.survey if active.number else None, ever)
    if wrong:
        raise Refused(wrong)
    if survey == active.survey:
        raise Refused([_unchanged()])
    return active


def publish_draft(sessions: Any, wanted: Wanted, survey: str, *, now: datetime) -> Version:
    """Publish a draft and forget it. Raises as `publish_survey`."""
    with sessions() as session:
        draft = find(session, wanted.author, survey)
    return publish_survey(sessions, wanted, draft.survey, base=draft.base, now=now)


def publish_survey(sessions: Any, wanted: Wanted, survey: Survey, *, base: int, now: datetime) -> Version:
    """Publish these questions, made from version `base`.

    Raises Refused, nothing changed: `survey_reason_required` (422), what the check finds (422), `survey_unchanged`
    (422), `survey_version_conflict` (409) when somebody published since.
    """
    ready(sessions, wanted, survey, base=base)

    def once() -> Version:
        with sessions.begin() as session:
            if wanted.decision is not None:
                tell_proposals.close(session, wanted.decision, "approved", now=now)
            over = before(session, survey)
            _same_base(base, over)
            if over.number and not over.author:
                first = replace(over, author=PRODUCT, why=WITH_IT)
                survey_versions.publish(session, first, now=now)
            version = Version(over.number + 1, survey, wanted.name, wanted.why.strip(), over.number or None, now)
            survey_versions.publish(session, version, now=now)
            after: dict[str, Any] = {"version": version.number, "questions": [q.id for q in survey.questions]}
            if wanted.decision is not None:
                proposals.became(session, wanted.decision.id, version.number)
                after["approved_by"] = wanted.decision.by
            what = f"{survey.id} version {version.number}"
            entry = audit.Entry(wanted.author, "surveys.publish", what, {"version": base}, after, version.why)
            audit.append(session, entry, now=now)
            if wanted.decision is None:  # a proposal is no draft any more, and its author may have begun another
                survey_versions.discard_draft(session, wanted.author, survey.id)
            return version

    return again(once)


def _same_base(base: int, active: Version) -> None:
    if base != active.number:
        n = active.number
        fr = f"La version {n} a été publiée entre-temps. Comparez, puis repartez d'elle."
        en = f"Version {n} was published meanwhile. Compare, then go on from it."
        raise Refused([Complaint("base_version", "survey_version_conflict", fr, en)], status=409)


def _gate(where: str, word: str) -> Complaint:
    fr = f"{where} : « {word} » oriente ou récompense la réponse. Demandez un avis, sans suggérer de note."
    en = f'{where}: "{word}" pushes or pays for the answer. Ask for an opinion, suggest no score.'
    return Complaint(where, "survey_gating", fr, en)


def _reason() -> Complaint:
    fr = "Dites pourquoi vous publiez : le motif reste dans l'historique."
    en = "Say why you publish: the reason stays in the history."
    return Complaint("reason", "survey_reason_required", fr, en)


def _unchanged() -> Complaint:
    fr = "Rien ne change par rapport à la version en service."
    return Complaint("draft", "survey_unchanged", fr, "Nothing changes against the version in force.")
