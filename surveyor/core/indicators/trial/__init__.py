"""Written cases against the indicators: the proof that a figure is what its page says (`surveyor indicators try`)."""

from surveyor.core.indicators.trial.running import CALCULATIONS, Difference, Outcome, Read, Summary, try_indicators

__all__ = ["CALCULATIONS", "Difference", "Outcome", "Read", "Summary", "try_indicators"]
