"""La voix du client in words: the sentences of the design to the letter, nothing under 10 answers, forbidden words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyor.core.goals import Aimed
from surveyor.core.indicators.changes import Goal, Verdict
from surveyor.core.indicators.reviews import Answered, Detractors, ReplyTime
from surveyor.core.indicators.weighting import WeightedNps
from surveyor.core.intervals import nps_difference
from surveyor.core.matrix import cx_matrix
from surveyor.core.periods import Period, month_of
from surveyor.core.reports import replies, voice, voice_collected
from surveyor.core.reports.drawing import about, svg
from surveyor.core.reports.editions import due
from surveyor.core.reports.lines import lines_of
from surveyor.core.reports.report import Quote, Report, Told, from_plain, to_plain
from surveyor.core.reports.voice import Beside, Former, Heard, Marked, Placed, Returning, VoiceFacts
from surveyor.core.reports.voice_page import voice_report
from surveyor.core.tally import Tally
from surveyor.core.templates.report_fields import EXPRESS, VOICE

MAY = month_of(date(2026, 5, 1))


def scored(promoters: int, passives: int, detractors: int, **more: int) -> Tally:
    return Tally(score_10=promoters, score_8=passives, score_3=detractors, **more)


def facts(**more: object) -> VoiceFacts:
    given = {"month": MAY, "unit": "Lille", "edition": "store", "language": "fr", "scores": scored(46, 40, 10)}
    return VoiceFacts(**(given | more))  # type: ignore[arg-type]


def said(report: Report, key: str) -> str:
    return " ".join(report.section(key).sentences).replace("\u00a0", " ")


def test_the_subjects_of_the_design() -> None:
    before = Former((46, 38, 12))
    assert voice.subject(facts(before=before)) == "La voix du client - mai 2026 - Lille : NPS +38, stable"
    other = facts(before=replace(before, same_questionnaire=False))
    assert voice.subject(other) == "La voix du client - mai 2026 - Lille : NPS +38"
    few = facts(scores=scored(3, 2, 2), unit="Auch", language="en")
    assert voice.subject(few) == "Voice of the customer - May 2026 - Auch: 7 customers speak to you"


def test_one_email_and_one_answer_are_said_in_the_singular() -> None:
    alone = Tally(sent=1, delivered=1, visited=1, responded=1)
    f = facts(cohort=alone, cohort_month="2026-04")
    assert voice_collected.collected(f)[0].replace("\u202f", " ") == (
        "Envois d'avril 2026 (définitif) : 1 envoyé, 1 délivré, 1 ouverture du questionnaire, 1 réponse, "
        "taux de réponse 100 %."
    )
    english = voice_collected.collected(replace(f, language="en", delivered_known=False))[0]
    assert english == "Emails of April 2026 (final): 1 sent, 1 opening of the survey, 1 answer, response rate 100%."


def test_a_correction_says_from_what_to_what() -> None:
    f = facts(revised="12 juillet 2026", as_closed=(46, 40, 9))
    assert voice.correction(f) == (
        "Révision du 12 juillet 2026 : NPS +39 (95 réponses) à la clôture, +38 (96 réponses) depuis."
    )
    english = replace(f, language="en", revised="12 July 2026", as_closed=(5, 0, 0))
    assert voice.correction(english) == (
        "Revision of 12 July 2026: NPS no score (5 answers) when the month was closed, +38 (96 answers) since."
    )
    assert (
        voice.correction(replace(f, as_closed=(46, 40, 10))) == "Révision du 12 juillet 2026 : sans effet sur le NPS."
    )
    assert voice.correction(replace(f, as_closed=None)) == ""
    assert voice.correction(facts(as_closed=(1, 1, 1))) == ""


def test_the_sentence_of_those_who_answer_most() -> None:
    weighted = WeightedNps(29.0, 34.0, 20.0, 38.0, 400, 380.0, 1.05, {})
    f = facts(weighted=weighted, heard=Heard("Drive", 60, 80))
    assert voice.bias(f) == (
        "Les clients Drive représentent 60 % des clients mais 80 % des réponses. "
        "À profil corrigé, le NPS serait de +29 au lieu de +34."
    )
    assert voice.bias(replace(f, language="en")) == (
        "Drive customers are 60 % of customers but 80 % of answers. "
        "Corrected for this, NPS would be +29 instead of +34."
    )
    assert voice.bias(facts()) == ""


def test_the_edition_of_head_office_ends_with_what_each_segment_weighs() -> None:
    weighted = WeightedNps(29.0, 34.0, 20.0, 38.0, 400, 380.0, 1.05, {"Livraison": 0.25, "Drive": 0.6, "": 0.15})
    f = facts(weighted=weighted, edition="support")
    assert voice_report(f).section("method").rows == (
        ("Drive", "60,0\u202f% du NPS redressé"),
        ("Livraison", "25,0\u202f% du NPS redressé"),
        ("sans segment", "15,0\u202f% du NPS redressé"),
    )
    english = voice_report(replace(f, language="en")).section("method").rows
    assert english[-1] == ("no segment", "15.0% of the weighted NPS")
    assert voice_report(replace(f, edition="network")).section("method").rows == ()
    assert voice_report(facts(edition="support")).section("method").rows == ()


def test_the_sentence_of_a_store_below_its_peers() -> None:
    gap = nps_difference((60, 80, 60), (600, 400, 240))
    beside = Beside(Verdict.BELOW, 0.0, 30.0, replace(gap, ci_low=-46.0, ci_high=-14.0))
    assert voice.of_peers(beside, "fr") == (
        "Ce magasin est en dessous de ses pairs : 0 contre +30 (écart entre -46 et -14 points)."
    )
    assert voice.of_peers(beside, "en") == (
        "This store is below its peers: 0 against +30 (gap between -46 and -14 points)."
    )


def test_the_sentence_of_the_matrix_counts_uncertain_labels_on_both_sides() -> None:
    labels = {f"good{n}": (40, 5, 2) for n in range(4)} | {f"bad{n}": (2, 5, 40) for n in range(3)}
    labels |= {"parking": (6, 2, 5), "promotions": (6, 3, 5), "queue": (5, 2, 6)}
    found = cx_matrix(labels, commented=310)
    assert voice.of_matrix(found, "fr") == (
        "60 % des libellés sont à valoriser ou à maintenir (6 sur 10, dont 2 incertains)."
    )
    assert voice.of_matrix(found, "en") == "60 % of labels are to promote or maintain (6 of 10, 2 of them uncertain)."
    assert voice.of_matrix(cx_matrix({"one": (40, 5, 2)}, commented=100), "fr") == ""


#: 18 replies to 40 comments, half of them after 20 hours; 8 of 10 detractors in time.
ANSWERED = Answered((18, 40), ReplyTime(24.0, 20.0, 60.0, 157 / 6, 20, 20, 18, 40), Detractors(10, 8, 2))


def test_sections_are_in_the_order_of_the_design_and_silent_ones_are_left_out() -> None:
    report = voice_report(
        facts(
            before=Former((40, 40, 16)),
            year=Former((30, 40, 26)),
            series=[(f"2026-{n:02d}", (40, 30, 20)) for n in range(1, 6)],
            marks=[Marked("2026-03", "règles")],
            matrix=cx_matrix({f"l{n}": (20, 2, 3) for n in range(6)}, commented=90),
            labels={f"l{n}": f"Libellé {n}" for n in range(6)},
            mentions={f"l{n}": (20 + n, 2, 3) for n in range(6)},
            quotes=[Quote(10, "Bien", "Lille, 3 mai 2026", "ab" * 16)],
            scores=scored(46, 40, 10, commented=40),
            answered=ANSWERED,
            cohort_month="2026-04",
            cohort=Tally(sent=412, delivered=406, visited=120, responded=60),
            reasons={("decision", "COOLDOWN"): 230},
            followed=[Told("R9", "store:S1", "fact", "5,6\u00a0% des adresses sont refusées.", "done")],
        ),
        [Told("R8", "label:l5", "fact", "« Libellé 5 » plaît (25 avis positifs sur 30). Faites-le savoir.")],
    )
    assert [one.key for one in report.sections] == [
        *("essential", "split", "matters", "dislikes", "likes", "replies", "collection"),
        *("follow", "method"),
    ]
    assert report.section("likes").rows[0] == ("Libellé 5", "25 mentions positives sur 30")
    assert report.section("follow").rows == (
        (
            "5,6\u00a0% des adresses sont refusées.",
            "fait · depuis\u00a0: NPS +38 (96 réponses), après NPS +25 (96 réponses)",
        ),
    )
    assert said(report, "replies") == (
        "18 réponses (45,0\u202f% des commentaires), délai médian 20 h 00, moyen plafonné 26 h 10. "
        "Détracteurs traités en moins de 48 h : 80,0\u202f% (8 sur 10)."
    )
    assert "Par rapport à mai 2025 (+4) : en hausse significative, +33 points." in said(report, "essential")
    assert report.team is not None
    assert [bar.said for bar in report.team.bars] == ["+38", "96", "14,8\u202f%"]
    assert [row[1] for row in report.team.rows] == [
        "Libellé 5 (25 mentions positives sur 30)",
        "Libellé 4 (24 mentions positives sur 29)",
        "Libellé 0 (3 mentions négatives sur 25)",
    ]
    assert report.closing == "Pense à partager cette synthèse avec ton équipe."


@pytest.mark.parametrize("n", [0, 1, 9])
def test_under_ten_answers_nothing_gives_the_score_away(n: int) -> None:
    report = voice_report(
        facts(scores=scored(n, 0, 0), before=Former((46, 40, 10)), series=[("2026-05", (n, 0, 0))], edition="region")
    )
    drawings = [one["kind"] for section in report.sections for one in section.drawings]
    assert drawings == []
    assert report.section("split").bars == ()
    text = " ".join([report.subject, report.lead, *(line for one in report.sections for line in one.sentences)])
    assert "+100" not in text
    assert "100" not in text


def test_every_line_of_an_email_about_a_report_has_its_name_and_no_other() -> None:
    report = voice_report(facts(cohort=Tally(sent=10, delivered=10, responded=2), cohort_month="2026-04"))
    assert set(lines_of(report)) == set(VOICE)
    assert set(lines_of(replace(report, kind="express"))) == set(EXPRESS)


COUNTS = st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))


@given(
    now=COUNTS,
    before=COUNTS,
    year=COUNTS,
    language=st.sampled_from(["fr", "en"]),
    edition=st.sampled_from(["store", "network"]),
)
def test_any_month_is_told_with_verdict_words_only_and_comes_back_from_what_is_kept(
    now: tuple[int, int, int], before: tuple[int, int, int], year: tuple[int, int, int], language: str, edition: str
) -> None:
    report = voice_report(
        facts(
            scores=scored(*now),
            before=Former(before),
            year=Former(year),
            series=[("2026-04", before), ("2026-05", now)],
            language=language,
            edition=edition,
            quotes=[Quote(3, "Une chute record !", "Lille, 3 mai 2026", "ab" * 16)],
            stores=[Placed(f"M{n}", Verdict.AVERAGE, 30.0, (12.4, 47.6), now) for n in range(6)],
        )
    )
    own = " ".join([report.subject, report.lead, *(s for one in report.sections for s in one.sentences)]).lower()
    for word in ("record", "chute", "explose", "grâce à", "à cause de", "thanks to", "because"):
        assert word not in own
    words = {place: one.text for place, one in enumerate(report.quotes)}
    assert from_plain(to_plain(report), words) == report
    assert "Une chute" not in str(to_plain(report))
    for section in report.sections:
        for drawing in section.drawings:
            drawn = svg(drawing, about(drawing, language))
            assert drawn.count("<svg") == drawn.count("</svg>") == 1
            assert "nan" not in drawn


def test_a_name_in_a_chart_is_text_whatever_it_holds() -> None:
    matrix = cx_matrix({f"l{n}": (20, 2, 3) for n in range(6)}, commented=90)
    report = voice_report(facts(matrix=matrix, labels={"l0": "<script>x</script>&"}))
    (drawing,) = report.section("matters").drawings
    drawn = svg(drawing, "x")
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_the_express_is_due_on_monday_and_the_voice_on_the_fourth_at_eight_on_the_readers_wall() -> None:
    from datetime import UTC, datetime, timedelta

    monday = datetime(2026, 10, 26, 7, tzinfo=UTC)  # 08:00 in Paris, the day after the clocks went back
    assert (due("express", monday, "Europe/Paris").period, due("express", monday, "Europe/Paris").at) == (
        "2026-W43",
        monday,
    )
    assert due("express", monday - timedelta(seconds=1), "Europe/Paris").period == "2026-W42"
    fourth = datetime(2027, 1, 4, 7, tzinfo=UTC)
    assert (due("voice", fourth, "Europe/Paris").period, due("voice", fourth, "Europe/Paris").at) == ("2026-12", fourth)
    assert due("voice", fourth - timedelta(seconds=1), "Europe/Paris").period == "2026-11"
    assert due("voice", fourth, "America/Martinique").period == "2026-11"
    for kind in ("express", "voice"):
        starts = {due(kind, monday + timedelta(hours=n), "Europe/Paris").at for n in range(0, 24 * 70, 5)}
        for one, after in pairwise(sorted(starts)):
            assert timedelta(days=6, hours=22) < after - one < timedelta(days=32)


FORBIDDEN = re.compile(r"\b(record|chute|explose|grâce à|à cause de|thanks to|because of)\b", re.IGNORECASE)


def test_no_forbidden_word_stands_in_templates_or_texts_of_reports() -> None:
    root = Path(__file__).parents[2]
    files = [*root.glob("emails/express/**/*.*"), *root.glob("emails/voice/**/*.*")]
    files += [*root.glob("templates/reports/*"), *root.glob("surveyor/core/reports/*.py")]
    assert len(files) > 30
    for path in files:
        if path.suffix != ".typ":
            assert not FORBIDDEN.search(path.read_text("utf-8")), path


def test_a_period_of_a_report_is_a_month() -> None:
    assert Period.parse("2026-05", date(2026, 6, 4)) == MAY


def test_a_month_of_replies_has_its_median_mean_and_customers_who_came_back() -> None:
    f = facts(
        scores=scored(46, 40, 10, commented=40),
        answered=ANSWERED,
        come_back=(8, 12),
        returning=Returning(Period(date(2026, 1, 1), date(2026, 3, 31)), (12, 30), (5, 20)),
    )
    assert replies.answered(f) == [
        "18 réponses (45,0\u202f% des commentaires), délai médian 20 h 00, moyen plafonné 26 h 10.",
        "Détracteurs traités en moins de 48 h : 80,0\u202f% (8 sur 10).",
        "Après notre réponse, envisagent de revenir : 66,7\u202f% (8 sur 12).",
        "Clients récupérés (détracteurs de janvier à mars 2026) : 12 sur 30 ont commandé dans les 60 jours après "
        "notre réponse ; sans réponse : 5 sur 20. C'est un constat, pas un effet mesuré.",
    ]
    assert replies.answered(replace(f, language="en")) == [
        "18 replies (45.0% of comments), median delay 20 h 00, capped mean 26 h 10.",
        "Detractors handled within 48 hours: 80.0% (8 of 10).",
        "After our reply, would come back: 66.7% (8 of 12).",
        "Recovered customers (detractors of January 2026 to March 2026): 12 of 30 ordered within 60 days of our reply; "
        "without a reply: 5 of 20. This is an observation, not a measured effect.",
    ]
    assert replies.answered(facts()) == []
    silent = facts(answered=replace(ANSWERED, replied=(0, 12), detractors=Detractors(0, 0, 0)))
    assert replies.answered(silent) == ["Aucun des 12 commentaires n'a reçu de réponse."]
    assert "réponses aux clients" not in " ".join(voice_report(silent).section("method").sentences)
    one = replace(silent, language="en", answered=replace(ANSWERED, replied=(0, 1), detractors=Detractors(0, 0, 0)))
    assert replies.answered(one) == ["The comment got no reply."]


@pytest.mark.parametrize(
    ("told", "french", "english"),
    [
        (
            Told("R5", "label:wait", "signal", ""),
            "depuis : 9 mentions négatives, après 12",
            "since: 9 negative mentions, after 12",
        ),
        (
            Told("R8", "label:wait", "fact", ""),
            "depuis : 1 mention positive, après 0",
            "since: 1 positive mention, after 0",
        ),
        (
            Told("R14", "store:S1", "fact", ""),
            "depuis : NPS +38 (96 réponses), après 7 réponses",
            "since: NPS +38 (96 answers), after 7 answers",
        ),
    ],
)
def test_what_was_seen_since_a_recommendation_is_an_observation(told: Told, french: str, english: str) -> None:
    f = facts(mentions={"wait": (1, 0, 9)}, former_mentions={"wait": (0, 0, 12)}, before=Former((3, 2, 2)))
    assert replies.since(f, told) == french
    assert replies.since(replace(f, language="en"), told) == english


def test_a_goal_stands_beside_the_score_and_the_rate_it_is_about() -> None:
    goals = {
        "nps": Aimed(45.0, "network", "screen", Goal.OPEN),
        "response_rate": Aimed(14.5, "network", "file", Goal.REACHED),
    }
    f = facts(goals=goals, cohort_month="2026-04", cohort=Tally(sent=412, delivered=406, visited=120, responded=80))
    french, english = voice_report(f), voice_report(replace(f, language="en"))
    assert french.lead.endswith("fiabilité moyenne. Objectif\u00a0: +45, pas encore tranché.")
    assert english.lead.endswith("medium reliability. Goal: +45, not settled.")
    rate = "Taux de réponse (envois d'avril 2026, définitif) : 19,7\u202f%. Objectif : 14,5\u202f%, atteint."
    assert rate in said(french, "essential")
    assert "Response rate (emails of April 2026, final): 19.7%. Goal: 14.5%, reached." in said(english, "essential")


def test_customers_like_only_what_surely_goes_well_and_a_label_is_not_both_good_and_to_work_on() -> None:
    """ "What customers like: till errors": half of many mentions were positive, whatever the other half said."""
    named = {"errors": "Erreurs en caisse", "welcome": "Accueil", "offers": "Promotions", "hours": "Horaires"}
    mentions = {"errors": (52, 0, 60), "offers": (52, 0, 48), "welcome": (20, 0, 2), "hours": (2, 0, 0)}
    told = facts(mentions=mentions, labels=named, scores=scored(46, 40, 10, commented=200))
    report = voice_report(told)
    assert report.section("likes").rows == (("Accueil", "20 mentions positives sur 22"),)
    assert report.section("dislikes").rows == (
        ("Erreurs en caisse", "60 mentions négatives sur 112"),
        ("Promotions", "48 mentions négatives sur 100"),
        ("Accueil", "2 mentions négatives sur 22"),
    )
    assert report.team is not None
    assert report.team.rows == (
        ("Ce qui plaît", "Accueil (20 mentions positives sur 22)"),
        ("Un point à travailler", "Erreurs en caisse (60 mentions négatives sur 112)"),
    )
    alone = voice_report(facts(mentions={"welcome": (20, 0, 2)}, labels=named, scores=scored(46, 40, 10)))
    assert alone.team is not None
    assert alone.team.rows == (("Ce qui plaît", "Accueil (20 mentions positives sur 22)"),)
    english = voice_report(facts(mentions={"welcome": (20, 0, 1)}, labels=named, language="en"))
    assert english.section("likes").rows == (("Accueil", "20 positive mentions of 21"),)
    assert english.section("dislikes").rows == (("Accueil", "1 negative mention of 21"),)


def test_national_action_plans_are_told_by_their_dates() -> None:
    plans = [("Appeler avant de remplacer", "depuis le 3 avril 2026, échéance le 30 juin 2026")]
    report = voice_report(facts(national=plans))
    assert report.section("plans").title == "Plans d'action nationaux"
    assert (
        lines_of(report)["plans1"]
        == "Appeler avant de remplacer\u00a0: depuis le 3 avril 2026, échéance le 30 juin 2026"
    )
