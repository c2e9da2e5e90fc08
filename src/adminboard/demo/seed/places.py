"""Where businesses are, and telephone numbers there.

The numbers are valid but nobody's: American ones of the exchange 555, others of the ranges that regulators
keep for films.
"""

from dataclasses import dataclass

from adminboard.demo.seed.draw import Draw, Weighted


@dataclass(frozen=True, slots=True)
class City:
    name: str
    state: str
    postcode: str
    """The first three digits."""
    time_zone: str
    area_codes: tuple[str, ...]


PACIFIC, MOUNTAIN, ARIZONA = "America/Los_Angeles", "America/Denver", "America/Phoenix"
CENTRAL, EASTERN, HAWAII = "America/Chicago", "America/New_York", "Pacific/Honolulu"

CITIES = Weighted(
    {
        City("Los Angeles", "CA", "900", PACIFIC, ("213", "323", "310", "424")): 9,
        City("San Francisco", "CA", "941", PACIFIC, ("415", "628")): 6,
        City("San Diego", "CA", "921", PACIFIC, ("619", "858")): 4,
        City("Oakland", "CA", "946", PACIFIC, ("510", "341")): 3,
        City("Sacramento", "CA", "958", PACIFIC, ("916", "279")): 2,
        City("Seattle", "WA", "981", PACIFIC, ("206", "425")): 4,
        City("Portland", "OR", "972", PACIFIC, ("503", "971")): 3,
        City("Las Vegas", "NV", "891", PACIFIC, ("702", "725")): 2,
        City("Phoenix", "AZ", "850", ARIZONA, ("602", "480", "623")): 3,
        City("Denver", "CO", "802", MOUNTAIN, ("303", "720")): 3,
        City("Salt Lake City", "UT", "841", MOUNTAIN, ("801", "385")): 1,
        City("Dallas", "TX", "752", CENTRAL, ("214", "469", "972")): 4,
        City("Houston", "TX", "770", CENTRAL, ("713", "281", "832")): 4,
        City("Austin", "TX", "787", CENTRAL, ("512", "737")): 4,
        City("Chicago", "IL", "606", CENTRAL, ("312", "773")): 5,
        City("Minneapolis", "MN", "554", CENTRAL, ("612",)): 2,
        City("New Orleans", "LA", "701", CENTRAL, ("504",)): 1,
        City("Atlanta", "GA", "303", EASTERN, ("404", "678", "770")): 3,
        City("Miami", "FL", "331", EASTERN, ("305", "786")): 3,
        City("Charlotte", "NC", "282", EASTERN, ("704", "980")): 2,
        City("Boston", "MA", "021", EASTERN, ("617", "857")): 3,
        City("New York", "NY", "100", EASTERN, ("212", "646", "917", "718")): 8,
        City("Philadelphia", "PA", "191", EASTERN, ("215", "267")): 2,
        City("Detroit", "MI", "482", EASTERN, ("313",)): 1,
        City("Honolulu", "HI", "968", HAWAII, ("808",)): 1,
    }
)
STREETS = (
    "Main St", "Oak Ave", "Maple Dr", "Washington Blvd", "2nd St", "Park Ave", "Elm St", "Lake Shore Dr",
    "Mission St", "Cedar Ln", "Sunset Blvd", "Broadway", "Highland Ave", "River Rd", "Church St",
    "Jefferson St", "Pine St", "Franklin Ave", "Market St", "Spring St", "Valencia St", "Industrial Pkwy",
    "Harbor Way", "5th Ave",
)  # fmt: skip
FOREIGN_NUMBERS = (
    ("+44207946", 4), ("+44113496", 4), ("+331990", 5), ("+493023125", 3), ("+46317406", 3), ("+6125550", 4),
    ("+52555555", 4),
)  # fmt: skip
"""How they begin, and how many more digits they have."""


def draw_address(draw: Draw, city: City) -> str:
    number = draw.randrange(12, 9900)
    return (
        f"{number} {draw.one_of(STREETS)}, {city.name}, {city.state} {city.postcode}{draw.randrange(100):02d}"
    )


def draw_local_phone(draw: Draw, city: City) -> str:
    """In the international form, E.164."""
    return f"+1{draw.one_of(city.area_codes)}555{int(draw.random() * 10_000):04d}"


def draw_caller_phone(draw: Draw, city: City) -> str:
    """Mostly from the same city."""
    chance = draw.random()
    if chance < 0.85:
        return draw_local_phone(draw, city)
    if chance < 0.98:
        return draw_local_phone(draw, CITIES.pick(draw))
    beginning, digits = draw.one_of(FOREIGN_NUMBERS)
    return f"{beginning}{draw.randrange(10**digits):0{digits}d}"
