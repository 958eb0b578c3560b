"""What keeps a checked text of rules from becoming the active version: a newer one, no reason, an unusual volume."""

from __future__ import annotations

from surveyor.core.quoting import french, grouped
from surveyor.errors import Complaint

#: HTTP status of each refusal (contracts.md, 5).
PUBLISH_STATUS: dict[str, int] = {
    "rules_version_conflict": 409,
    "rules_reason_required": 422,
    "rules_volume_confirm": 409,
}

#: Above this many times the volume of the active version, the number has to be typed: unless SURVEYOR_VOLUME_TIMES says
#: otherwise.
VOLUME_TIMES = 3.0


def same_base(*, base: int | None, active: int | None) -> Complaint | None:
    """None when the draft was made from the active version (numbers; None: no version yet); else why not."""
    if base == active:
        return None
    fr = f"La version {active} a été publiée entre-temps. Comparez, reportez vos changements, publiez à nouveau."
    en = f"Version {active} was published meanwhile. Compare, carry your changes over, publish again."
    return Complaint("base_version", "rules_version_conflict", french(fr), en)


def reason_given(reason: str) -> Complaint | None:
    """None when a reason was written; a blank one is none."""
    if reason.strip():
        return None
    fr = "Dites pourquoi vous publiez : le motif reste dans l'historique."
    en = "Say why you publish: the reason stays in the history."
    return Complaint("reason", "rules_reason_required", french(fr), en)


def volume_confirmed(
    *, new: int, active: int | None, typed: int | None, times: float = VOLUME_TIMES
) -> Complaint | None:
    """None when `new` may be published: invitations of the last 30 days, replayed with the draft and what is active.

    More than `times` (1 and more) as many have to be `typed`; `active` is None for a first version: nothing is asked.
    """
    if active is None or new <= times * active or typed == new:
        return None
    fr = f"Ces règles enverraient {grouped(new, 'fr')} invitations en 30 jours au lieu de {grouped(active, 'fr')}."
    en = f"These rules would send {grouped(new, 'en')} invitations in 30 days instead of {grouped(active, 'en')}."
    fr, en = f"{fr} Saisissez ce nombre pour confirmer.", f"{en} Type that number to confirm."
    return Complaint("confirm_volume", "rules_volume_confirm", french(fr), en)
