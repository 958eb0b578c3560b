"""Charts of indicators: numbers in, marks on a sheet out (`Drawing`), which `svg` writes for a page, an email or a PDF.

To put one in an email or a PDF: `svg(draw_trend(...), inked=True)`, whose text a library turns into a picture.
"""

from surveyor.web.charts.bars import Bar, ShareBar, histogram, share_bar
from surveyor.web.charts.drawing import Drawing, Shape, svg
from surveyor.web.charts.drawn import draw_histogram, draw_shares, draw_trend
from surveyor.web.charts.ranges import Range, nps_range
from surveyor.web.charts.stores import Place, Spot, funnel_plot, shared_scale, sizes, small_line
from surveyor.web.charts.trend import Point, Trend, trend

__all__ = [
    "Bar",
    "Drawing",
    "Place",
    "Point",
    "Range",
    "Shape",
    "ShareBar",
    "Spot",
    "Trend",
    "draw_histogram",
    "draw_shares",
    "draw_trend",
    "funnel_plot",
    "histogram",
    "nps_range",
    "share_bar",
    "shared_scale",
    "sizes",
    "small_line",
    "svg",
    "trend",
]
