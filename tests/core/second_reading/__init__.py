"""The page of the rules read a second time, without a look at the code.

Slow and plain on purpose: nothing is forgotten, everything is counted anew.
`Life(inputs, document).run()` returns the trace of a written case (rules.md, 19).
"""

from tests.core.second_reading.life import Life

__all__ = ["Life"]
