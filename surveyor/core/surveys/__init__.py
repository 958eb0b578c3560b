"""Surveys: what a customer is asked and how the form is read, between the email and the response."""

from surveyor.core.surveys.answers import MAX_FIELDS, MAX_FORM_BYTES, Answers, parse_answers, parse_score
from surveyor.core.surveys.plain import answers_from_plain, answers_to_plain, from_plain, to_plain
from surveyor.core.surveys.standard import DEFAULT_SURVEY, STANDARD_SURVEYS, STARS_SURVEY
from surveyor.core.surveys.survey import (
    COMMENT_FIELD,
    DIRECTIONS,
    SCALES,
    SCORE_FIELD,
    ByScore,
    Choice,
    Kind,
    Question,
    QuestionnaireVersion,
    Survey,
    Words,
)
from surveyor.core.surveys.verbatim import has_personal_data, invisible, marked, masked

__all__ = [
    "COMMENT_FIELD",
    "DEFAULT_SURVEY",
    "DIRECTIONS",
    "MAX_FIELDS",
    "MAX_FORM_BYTES",
    "SCALES",
    "SCORE_FIELD",
    "STANDARD_SURVEYS",
    "STARS_SURVEY",
    "Answers",
    "ByScore",
    "Choice",
    "Kind",
    "Question",
    "QuestionnaireVersion",
    "Survey",
    "Words",
    "answers_from_plain",
    "answers_to_plain",
    "from_plain",
    "has_personal_data",
    "invisible",
    "marked",
    "masked",
    "parse_answers",
    "parse_score",
    "to_plain",
]
