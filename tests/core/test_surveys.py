"""What a survey form may say, and what it is told when it says something else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyor.core import surveys
from surveyor.core.surveys import Answers, Choice, Kind, Question, Survey, Words, parse_answers
from surveyor.core.surveys.check import check_survey
from surveyor.core.surveys.compared import changes
from surveyor.errors import Complaint

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bad_inputs.json").read_text("utf-8"))

FIXTURE = Survey(
    "fixture",
    Words("Essai", "Trial"),
    (
        surveys.DEFAULT_SURVEY.score,
        Question("q_wait", Kind.STARS, Words("L'attente", "The wait")),
        Question(
            "q_channel",
            Kind.CHOICE,
            Words("Où avez-vous commandé ?", "Where did you order?"),
            required=True,
            choices=tuple(Choice(v, Words(v, v)) for v in ("web", "shop", "app")),
        ),
        Question("comment", Kind.TEXT, Words("Pourquoi ?", "Why?")),
    ),
)

#: Codes that come from what the form says; the others (links, nonces, sizes, methods) belong to the page.
CONTENT = {
    "score_invalid", "field_repeated", "answer_required", "answer_invalid", "question_unknown", "field_unknown",
    "comment_too_long", "too_many_fields",
}  # fmt: skip


def form_of(given_input: dict[str, Any]) -> list[tuple[str, str]]:
    items = [(name, value) for name, value in given_input.get("form", [])]
    if "build_field" in given_input:
        name, parts = given_input["build_field"]
        items.append((name, "".join(text * times for text, times in parts)))
    for pattern, value, times in given_input.get("build_form", []):
        items += [(pattern % n, value) for n in range(times)]
    return items


def content_cases() -> list[dict[str, Any]]:
    cases = [c for c in GOLDEN["cases"] if c["area"] == "survey_post"]
    refused = [c for c in cases if c["expect"]["error_code"] in CONTENT]
    kept = [c for c in cases if c["title"].startswith("comment") and c["expect"]["outcome"] == "accepted"]
    return refused + kept


def letters(text: str) -> str:
    return text.replace("\u00a0", " ").replace("5 000 characters", "5,000 characters")


@pytest.mark.parametrize("case", content_cases(), ids=lambda c: f"{c['id']} {c['title']}")
def test_a_written_case_gets_its_answer(case: dict[str, Any]) -> None:
    outcome = parse_answers(FIXTURE, form_of(case["input"]))
    expected = case["expect"]
    if expected["error_code"] is None:
        assert isinstance(outcome, Answers)
        assert outcome.verbatim == dict(case["input"]["form"])["comment"].replace("z\u0301", "\u017a")
        return
    assert isinstance(outcome, list)
    [complaint] = outcome
    assert complaint.code == expected["error_code"]
    assert complaint.where == expected.get("where", "")
    assert letters(complaint.message_fr) == letters(expected["message_fr"])
    assert letters(complaint.message_en) == letters(expected["message_en"])


def test_every_case_about_content_is_among_them() -> None:
    assert len(content_cases()) >= 24


@pytest.mark.parametrize("score", range(11))
def test_each_of_the_eleven_scores_is_taken(score: int) -> None:
    outcome = parse_answers(surveys.DEFAULT_SURVEY, [("score", str(score)), ("nonce", "x")])
    assert outcome == Answers(score)


def test_an_answer_left_out_is_absent_and_never_a_zero() -> None:
    outcome = parse_answers(FIXTURE, [("score", "0"), ("q_channel", "app"), ("q_wait", ""), ("comment", " \n ")])
    assert outcome == Answers(0, {"q_channel": "app"}, "")


def test_stars_are_whole_numbers_from_one_to_five() -> None:
    base = [("score", "7"), ("q_channel", "web")]
    taken = parse_answers(FIXTURE, [*base, ("q_wait", "5")])
    assert isinstance(taken, Answers)
    assert taken.values["q_wait"] == 5
    for raw in ("0", "6", "3.0", " 3", "٣", "cinq"):
        refused = parse_answers(FIXTURE, [*base, ("q_wait", raw)])
        assert isinstance(refused, list)
        assert [c.code for c in refused] == ["answer_invalid"]


def test_everything_wrong_is_said_at_once() -> None:
    outcome = parse_answers(FIXTURE, [("score", "11"), ("q_wait", "9"), ("x", "1"), ("comment", "a" * 4001)])
    assert isinstance(outcome, list)
    assert {c.code for c in outcome} == {
        "score_invalid", "answer_invalid", "answer_required", "field_unknown", "comment_too_long",
    }  # fmt: skip


def test_a_comment_of_4000_characters_is_counted_after_composition() -> None:
    outcome = parse_answers(surveys.DEFAULT_SURVEY, [("score", "9"), ("comment", "e\u0301" * 4000)])
    assert isinstance(outcome, Answers)
    assert outcome.verbatim == "é" * 4000


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\x7f", "\x85", "\ud800"])
def test_a_control_character_in_a_comment_is_named(control: str) -> None:
    outcome = parse_answers(surveys.DEFAULT_SURVEY, [("score", "9"), ("comment", f"a{control}")])
    assert isinstance(outcome, list)
    assert outcome[0].code == "text_control_character"
    assert f"U+{ord(control):04X}" in outcome[0].message_fr


def test_lines_and_tabs_of_a_comment_are_kept() -> None:
    outcome = parse_answers(surveys.DEFAULT_SURVEY, [("score", "9"), ("comment", "un\r\ndeux\ttrois\r")])
    assert isinstance(outcome, Answers)
    assert outcome.verbatim == "un\ndeux\ttrois"


def test_a_hostile_field_name_is_repeated_short_and_escaped() -> None:
    outcome = parse_answers(surveys.DEFAULT_SURVEY, [("score", "9"), ("\u202e\x00" + "x" * 500, "1")])
    assert isinstance(outcome, list)
    assert outcome[0].where.startswith("\\u202e\\u0000xxx")
    assert len(outcome[0].where) <= 41


def test_the_same_answers_have_the_same_digest_in_any_order() -> None:
    one = Answers(9, {"q_a": 1, "q_b": "x"}, "bien")
    assert one.digest() == Answers(9, {"q_b": "x", "q_a": 1}, "bien").digest()
    assert one.digest() != Answers(9, {"q_a": 1, "q_b": "x"}, "mal").digest()


def test_a_score_link_carries_a_plain_score_or_nothing() -> None:
    assert [surveys.parse_score(raw) for raw in ("0", "10", "11", "09", "９", "-1", "9'", "")] == [0, 10] + [None] * 6


def test_a_required_free_text_is_asked_for() -> None:
    survey = Survey("s", Words("s", "s"), (FIXTURE.score, Question("q_why", Kind.TEXT, Words("P", "W"), required=True)))
    outcome = parse_answers(survey, [("score", "1"), ("q_why", "  ")])
    assert isinstance(outcome, list)
    assert [(c.code, c.where) for c in outcome] == [("answer_required", "q_why")]
    assert survey.question("q_why") is survey.questions[1]
    assert survey.question("q_none") is None
    assert survey.score.values()[-1] == "10"


def test_the_question_names_the_store_or_our_store() -> None:
    label = surveys.DEFAULT_SURVEY.score.label
    assert label.say("fr", store="Lille {0}") == "Recommanderiez-vous Lille {0} à votre famille ou à vos amis\u00a0?"
    assert label.say("en") == "Would you recommend our store to your family or friends?"


@pytest.mark.parametrize(
    "survey", [FIXTURE, *(v.survey for v in surveys.STANDARD_SURVEYS.values())], ids=lambda s: s.id
)
def test_a_survey_comes_back_from_storage_as_it_was(survey: Survey) -> None:
    assert surveys.from_plain(json.loads(json.dumps(surveys.to_plain(survey)))) == survey


def test_answers_come_back_from_storage_as_they_were() -> None:
    answers = Answers(3, {"q_wait": 2, "q_channel": "web"}, "Trop d'attente")
    assert surveys.answers_from_plain(json.loads(json.dumps(surveys.answers_to_plain(answers)))) == answers


@pytest.mark.parametrize("version", surveys.STANDARD_SURVEYS.values(), ids=lambda v: v.survey.id)
def test_a_standard_survey_has_one_score_and_speaks_two_languages(version: surveys.QuestionnaireVersion) -> None:
    survey = version.survey
    assert version.number == 1
    assert [q.id for q in survey.of_kind(Kind.NPS)] == ["score"]
    assert all(q.label.fr and q.label.en and q.label.fr != q.label.en for q in survey.questions)
    assert all(q.theme and not q.required for q in survey.of_kind(Kind.STARS))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.one_of(st.sampled_from(["score", "comment", "q_wait", "q_channel"]), st.text()), st.text()))
)
def test_no_form_raises(items: list[tuple[str, str]]) -> None:
    outcome = parse_answers(FIXTURE, items)
    if isinstance(outcome, list):
        assert outcome
        assert all(isinstance(c, Complaint) and c.message_fr and c.message_en for c in outcome)
    else:
        outcome.digest().encode()
        assert 0 <= outcome.score <= 10


SCORE, COMMENT = FIXTURE.questions[0], FIXTURE.questions[-1]
STAR = replace(FIXTURE.questions[1], theme=Words("Attente", "Waiting"))


@pytest.mark.parametrize(
    ("questions", "codes"),
    [
        ((SCORE, COMMENT), []),
        ((replace(SCORE, required=False), COMMENT), ["score_required"]),
        ((SCORE, replace(COMMENT, max_length=0)), ["max_length"]),
        ((SCORE, replace(COMMENT, max_length=4001)), ["max_length"]),
        ((SCORE, replace(STAR, label=Words("L'attente\nest longue", "The wait"))), ["text_unfit"]),
        ((SCORE, replace(STAR, label=Words("L'attente", "x" * 1000))), ["text_unfit"]),
        ((SCORE, replace(STAR, label=Words("L'attente\x07", "The wait"))), ["text_unfit"]),
        ((SCORE, *(replace(STAR, id=f"q_{n}") for n in range(60))), ["too_many_questions"]),
    ],
)
def test_a_questionnaire_that_a_page_could_not_show_is_refused_at_its_question(
    questions: tuple[Question, ...], codes: list[str]
) -> None:
    found = check_survey(replace(FIXTURE, questions=questions))
    assert [one.code for one in found] == codes
    assert all(one.message_fr != one.message_en for one in found)


def test_a_new_name_and_other_words_are_told_in_the_language_that_changed() -> None:
    asked = replace(FIXTURE.questions[1], label=Words("L'attente en caisse", "The wait"))
    after = replace(FIXTURE, name=Words("Avis", "Opinion"), questions=(SCORE, asked, *FIXTURE.questions[2:]))
    french = [line.replace("\u00a0", " ") for line in changes(FIXTURE, after, "fr")]
    assert french == ["nom : Essai → Avis", "q_wait : « L'attente » → « L'attente en caisse »"]
    assert changes(FIXTURE, after, "en")[0] == "name: Trial → Opinion"
    assert not any("→" in line for line in changes(FIXTURE, after, "en")[1:])
    english = replace(asked, label=Words("L'attente en caisse", "Waiting"))
    again = replace(after, questions=(SCORE, english, *FIXTURE.questions[2:]))
    assert changes(after, again, "en") == ['q_wait: "The wait" → "Waiting"']
