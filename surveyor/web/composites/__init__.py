"""Composed figures: the CustScore, the CX Matrix, the CX Benchmark, and whether stores come in."""

from __future__ import annotations

from flask import Flask

from surveyor.web.composites import adoption, benchmark, custscore, formula, matrix


def register(app: Flask) -> None:
    """Add the area."""
    for part in (custscore, formula, matrix, benchmark, adoption):
        app.register_blueprint(part.area)
