"""Labels: what verbatims are about and how it goes, by a lexicon that people write; from answers to the CX Matrix."""

from surveyor.core.labels.lexicon import LANGUAGES, Label, Lexicon, Polarity, Theme
from surveyor.core.labels.match import Mention, Sorted, sort_verbatim
from surveyor.core.labels.parse import read_lexicon
from surveyor.core.labels.quality import Quality, quality

__all__ = [
    "LANGUAGES",
    "Label",
    "Lexicon",
    "Mention",
    "Polarity",
    "Quality",
    "Sorted",
    "Theme",
    "quality",
    "read_lexicon",
    "sort_verbatim",
]
