"""How the questionnaire of a month travelled and what each segment weighs, in the words of the voice."""

from __future__ import annotations

from surveyor.core.reports.aimed import of_goal
from surveyor.core.reports.headings import counted
from surveyor.core.reports.voice import VoiceFacts
from surveyor.core.reports.words import month_name, of_month
from surveyor.core.rounding import decimal, display_rate, display_share, percent_sign, signed


def response_rate(f: VoiceFacts) -> str:
    """The rate of the last month of emails whose answers are all in, with its goal; "" when nothing was delivered."""
    t, spoken = f.cohort, f.language
    if not t.delivered:
        return ""
    rate, month = display_rate(t.responded, t.delivered, spoken), month_name(f.cohort_month, spoken)
    said = (
        f"Taux de réponse (envois {of_month(f.cohort_month)}, définitif) : {rate}."
        if spoken == "fr"
        else f"Response rate (emails of {month}, final): {rate}."
    )
    aimed = of_goal(f.goals, "response_rate", spoken)
    return f"{said} {aimed}" if aimed else said


def collected(f: VoiceFacts) -> list[str]:
    """The way of the last emails whose figures no longer move, why others were not written, pressure and fatigue."""
    said, french, spoken = [], f.language == "fr", f.language
    t = f.cohort
    if t.sent:
        rate = display_share(t.responded, t.delivered, spoken)
        ways = {"sent": t.sent, "delivered": t.delivered, "openings": t.visited, "answers": t.responded}
        known = [key for key in ways if key != "delivered" or f.delivered_known]
        way = ", ".join(counted(key, ways[key], spoken) for key in known)
        said.append(
            f"Envois {of_month(f.cohort_month)} (définitif) : {way}, taux de réponse {rate}."
            if french
            else f"Emails of {month_name(f.cohort_month, spoken)} (final): {way}, response rate {rate}."
        )
    if f.pressure is not None:
        mean, p95 = decimal(f.pressure[0], 1, spoken), decimal(f.pressure[1], 0, spoken)
        said.append(
            f"Pression : {mean} e-mails par client contacté et par an, {p95} au plus pour 95 % d'entre eux."
            if french
            else f"Pressure: {mean} emails per contacted customer and year, at most {p95} for 95% of them."
        )
    if f.fatigue is not None:
        points, low, high = (signed(one, 1, spoken) for one in f.fatigue)
        said.append(
            f"Lassitude : {points} points entre le 1er et le 4e e-mail [{low} ; {high}]."
            if french
            else f"Fatigue: {points} points between the 1st and the 4th email [{low} ; {high}]."
        )
    return said


def weights_annex(f: VoiceFacts) -> tuple[tuple[str, str], ...]:
    """The annex of head office: what each segment weighs in the weighted NPS."""
    if f.edition != "support" or f.weighted is None:
        return ()
    shares = sorted(f.weighted.weights.items(), key=lambda one: (-one[1], one[0].lower()))
    unnamed = "sans segment" if f.language == "fr" else "no segment"
    weighs = "{} du NPS redressé" if f.language == "fr" else "{} of the weighted NPS"
    return tuple(
        (name or unnamed, weighs.format(percent_sign(decimal(100 * w, 1, f.language), f.language)))
        for name, w in shares
    )
