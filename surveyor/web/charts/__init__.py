"""Geometry of the charts that show indicators: numbers in, places on a sheet out; templates draw them as SVG."""

from surveyor.web.charts.bars import Bar, ShareBar, histogram, share_bar
from surveyor.web.charts.ranges import Range, nps_range
from surveyor.web.charts.trend import Point, Trend, trend

__all__ = ["Bar", "Point", "Range", "ShareBar", "Trend", "histogram", "nps_range", "share_bar", "trend"]
