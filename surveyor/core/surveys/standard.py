"""The surveys that come with the product: what a customer is asked until the network writes its own."""

from __future__ import annotations

from surveyor.core.surveys.survey import COMMENT_FIELD, SCORE_FIELD, Kind, Question, QuestionnaireVersion, Survey, Words

_SCORE = Question(
    id=SCORE_FIELD,
    kind=Kind.NPS,
    label=Words(
        fr="Recommanderiez-vous {store} à votre famille ou à vos amis ?",
        en="Would you recommend {store} to your family or friends?",
    ),
    required=True,
    low=Words("Pas du tout probable", "Not at all likely"),
    high=Words("Tout à fait probable", "Extremely likely"),
)

# One wording for every score: an invitation to comment that depends on the score would choose who is heard.
_COMMENT = Question(
    id=COMMENT_FIELD,
    kind=Kind.TEXT,
    label=Words("Qu'est-ce qui explique votre note ?", "What is the main reason for your score?"),
)


def _stars(name: str, label: Words, theme: Words) -> Question:
    low, high = Words("Pas du tout satisfait", "Not at all satisfied"), Words("Très satisfait", "Very satisfied")
    return Question(id=f"q_{name}", kind=Kind.STARS, label=label, low=low, high=high, theme=theme)


_STARS = (
    _stars("order", Words("La commande en ligne", "Ordering online"), Words("Commande en ligne", "Online ordering")),
    _stars(
        "availability", Words("Les produits disponibles", "Available products"), Words("Disponibilité", "Availability")
    ),
    _stars(
        "freshness", Words("La fraîcheur des produits", "Freshness of the products"), Words("Fraîcheur", "Freshness")
    ),
    _stars("wait", Words("L'attente au retrait", "Waiting at collection"), Words("Attente", "Waiting")),
    _stars("welcome", Words("L'accueil", "The welcome"), Words("Accueil", "Welcome")),
)

#: Two questions: the score and why.
DEFAULT_SURVEY = Survey("nps", Words("Recommandation", "Recommendation"), (_SCORE, _COMMENT))

#: The same with five star themes, all optional. After the score: stars asked first can move it (indicators.md).
STARS_SURVEY = Survey(
    "nps-stars", Words("Recommandation et thèmes", "Recommendation and themes"), (_SCORE, *_STARS, _COMMENT)
)

#: The same questions in another order, the words before the stars: for experiments on the order.
WORDS_FIRST_SURVEY = Survey(
    "nps-words-first",
    Words("Recommandation, mots, thèmes", "Recommendation, words, themes"),
    (_SCORE, _COMMENT, *_STARS),
)

#: By id, each as its first questionnaire version.
STANDARD_SURVEYS: dict[str, QuestionnaireVersion] = {
    survey.id: QuestionnaireVersion(survey, 1) for survey in (DEFAULT_SURVEY, STARS_SURVEY, WORDS_FIRST_SURVEY)
}
