"""What a report says, from figures to the few sentences that somebody reads on Monday (indicators.md, 17 to 19)."""

from surveyor.core.reports.recommendations import Shown, recommend, select
from surveyor.core.reports.words import excerpt, express_subject, sentence_of_change, voice_subject

__all__ = ["Shown", "excerpt", "express_subject", "recommend", "select", "sentence_of_change", "voice_subject"]
