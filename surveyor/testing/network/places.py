"""The stores of the sample network: 40 drives in five regions, each with a quality of its own that its scores show."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

BRANDS = {"clair": "Marché Clair", "proxi": "Clair Proximité"}
#: What each looks like; both can be read (core/brands).
BRAND_COLOURS = {
    "clair": {"accent": "#14613c", "ground": "#f1f6f2"},
    "proxi": {"accent": "#8a3a10", "ground": "#fbf4ee"},
}
REGIONS = {
    "nord": "Hauts-de-France",
    "ouest": "Bretagne et Pays de la Loire",
    "est": "Grand Est",
    "sud-ouest": "Nouvelle-Aquitaine et Occitanie",
    "sud-est": "Rhône-Alpes et Méditerranée",
}
SEGMENTS = {"famille": "Familles", "couple": "Couples et solos", "senior": "Seniors"}
_TOWNS = {
    "nord": "Lille Arras Amiens Douai Lens Dunkerque Valenciennes Beauvais",
    "ouest": "Rennes Nantes Vannes Quimper Angers Laval Brest Cholet",
    "est": "Metz Nancy Strasbourg Reims Troyes Épinal Mulhouse Colmar",
    "sud-ouest": "Bordeaux Pau Toulouse Agen Limoges Brive Auch Bayonne",
    "sud-est": "Lyon Grenoble Annecy Valence Nîmes Marseille Nice Avignon",
}
_CODES = {"nord": "NO", "ouest": "OU", "est": "ES", "sud-ouest": "SO", "sud-est": "SE"}
#: Regions differ for reasons outside a store (indicators.md, SUR-11), in points of the mean score.
_REGIONAL = {"nord": 0.1, "ouest": 0.35, "est": 0.0, "sud-ouest": 0.15, "sud-est": -0.25}


@dataclass(frozen=True, slots=True)
class SamplePlace:
    """One store. quality: shift of the mean score; reach: how readily its customers answer (1 is usual); size: share
    of the network's customers, relative."""

    id: str
    name: str
    city: str
    region: str
    brand: str
    quality: float
    reach: float
    size: float


def places(*, seed: int = 2026, per_region: int = 8) -> list[SamplePlace]:
    """The stores, always the same for a seed; `per_region` from 1 to 8 of them in each region."""
    draw = Random(f"places {seed}")
    found = []
    for region, towns in _TOWNS.items():
        for number, town in enumerate(towns.split()[:per_region]):
            brand = "proxi" if number == 7 else "clair"
            quality = _REGIONAL[region] + draw.gauss(0, 0.45)
            kind = "Drive" if brand == "clair" else "Proximité"
            found.append(
                SamplePlace(
                    id=f"{_CODES[region]}{number + 1:02d}",
                    name=f"{BRANDS[brand]} {town}" if brand == "proxi" else f"{kind} {town}",
                    city=town,
                    region=region,
                    brand=brand,
                    quality=round(quality, 3),
                    reach=round(draw.uniform(0.75, 1.3), 3),
                    size=round(draw.uniform(0.35, 1.6) * (0.35 if brand == "proxi" else 1), 3),
                )
            )
    return found
