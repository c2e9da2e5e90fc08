"""What businesses do, and what their callers want: the words that conversations are made of."""

from dataclasses import dataclass

from adminboard.demo.seed.draw import Weighted


@dataclass(frozen=True, slots=True)
class Industry:
    name: str
    business_names: tuple[str, ...]
    """With {last}, {first} or {city}."""
    services: tuple[str, ...]
    problems: tuple[str, ...]
    """What a caller says is the matter."""
    questions: tuple[str, ...]
    minutes: int
    """How long an appointment takes."""


INDUSTRIES = Weighted(
    {
        Industry(
            "Plumbing",
            ("{last} Plumbing", "{city} Drain & Sewer", "{last} & Sons Plumbing", "All Hours Rooter {city}"),
            ("drain cleaning", "water heater installation", "leak detection", "pipe repair", "toilet repair"),
            (
                "the kitchen sink is leaking",
                "the water heater makes a knocking noise",
                "a pipe burst in the basement",
                "the toilet keeps running",
                "there is no hot water since this morning",
                "the shower drain is clogged",
            ),
            ("do you work on weekends", "what does a drain cleaning cost", "are you licensed and insured"),
            90,
        ): 11,
        Industry(
            "Dental practice",
            ("{city} Dental Care", "{last} Family Dentistry", "Bright Smile {city}", "Dr. {last}, DDS"),
            ("cleaning", "filling", "crown", "root canal", "whitening", "check-up"),
            (
                "a molar hurts since last night",
                "a crown came loose",
                "the gums are bleeding",
                "a filling fell out during lunch",
                "the retainer no longer fits",
                "a tooth chipped on an olive pit",
            ),
            ("do you take Delta insurance", "do you see children", "how long does a cleaning take"),
            45,
        ): 12,
        Industry(
            "Hair salon",
            ("Salon {last}", "{first}'s Hair Studio", "The {city} Barbershop", "Curl & Co. {city}"),
            ("haircut", "balayage", "color correction", "beard trim", "blowout", "keratin treatment"),
            (
                "the color came out too brassy",
                "I need something for a wedding on Saturday",
                "my fringe is uneven",
                "I would like to go back to my natural color",
                "my usual stylist has left",
            ),
            ("is Marisol working on Friday", "how much is a balayage", "do you sell gift cards"),
            60,
        ): 11,
        Industry(
            "Law office",
            ("{last} & {last} LLP", "Law Offices of {first} {last}", "{city} Injury Law", "{last} Legal"),
            ("consultation", "contract review", "estate planning", "custody hearing", "deposition"),
            (
                "I was rear-ended at a red light",
                "my landlord keeps the deposit",
                "I have to change my will",
                "my former employer owes me overtime",
                "I received a subpoena yesterday",
            ),
            (
                "what do you charge for a first consultation",
                "do you handle immigration cases",
                "do you take cases on contingency",
            ),
            60,
        ): 8,
        Industry(
            "Auto repair",
            ("{last} Auto Repair", "{city} Brake & Tire", "Precision Motors {city}", "{first}'s Garage"),
            ("oil change", "brake service", "tire rotation", "transmission repair", "inspection"),
            (
                "the brakes squeal when I slow down",
                "the check engine light came on",
                "the battery died twice this week",
                "there is a puddle of coolant under the car",
                "the clutch is slipping",
            ),
            ("do you work on hybrids", "how long does an oil change take", "do you have loaner cars"),
            60,
        ): 10,
        Industry(
            "Restaurant",
            ("{last}'s Trattoria", "The {city} Grill", "Casa {last}", "{first}'s Noodle House"),
            ("table reservation", "catering", "private dining", "takeout order"),
            (
                "I have to change a reservation for six",
                "my order was missing the soup",
                "one of our guests is allergic to peanuts",
                "we would like the table on the patio",
                "the delivery never came",
            ),
            ("do you have vegan dishes", "is there parking nearby", "can we bring our own cake"),
            120,
        ): 10,
        Industry(
            "Veterinary clinic",
            ("{city} Animal Hospital", "{last} Veterinary Clinic", "Paws & Claws {city}"),
            ("vaccination", "dental cleaning", "spay surgery", "check-up", "microchip"),
            (
                "our dog ate a whole bar of chocolate",
                "the cat has not eaten for two days",
                "the puppy limps on its left leg",
                "the rabbit is sneezing",
                "our parrot plucks its feathers",
            ),
            ("do you treat exotic pets", "do you have emergency hours", "what does a vaccination cost"),
            30,
        ): 7,
        Industry(
            "Heating and cooling",
            ("{last} Heating & Air", "{city} Climate Control", "Polar Bear HVAC"),
            ("furnace repair", "air conditioner tune-up", "duct cleaning", "thermostat installation"),
            (
                "the furnace blows cold air",
                "the air conditioner is dripping into the hallway",
                "the thermostat shows nothing",
                "one room never gets warm",
                "the compressor trips the breaker",
            ),
            (
                "do you offer maintenance plans",
                "which brands do you install",
                "is there a rebate for heat pumps",
            ),
            120,
        ): 8,
        Industry(
            "Real estate",
            ("{last} Realty", "{city} Homes", "{last} & Partners Real Estate"),
            ("showing", "valuation", "open house", "lease signing"),
            (
                "I would like to see the house on Elm Street",
                "my offer was not answered",
                "I want to sell before the summer",
                "the tenant above us is flooding the bathroom",
            ),
            ("is the listing still available", "what is the commission", "are pets allowed in the building"),
            45,
        ): 7,
        Industry(
            "Physiotherapy",
            ("{city} Physical Therapy", "{last} Sports Medicine", "Back in Motion {city}"),
            ("initial evaluation", "follow-up session", "massage", "dry needling"),
            (
                "my shoulder hurts when I reach up",
                "I tore a ligament skiing",
                "my lower back locked up",
                "the surgeon wants me to begin therapy",
            ),
            ("do I need a referral", "do you take Medicare", "do you have evening sessions"),
            45,
        ): 6,
        Industry(
            "Cleaning service",
            ("{last} Cleaning", "Sparkle {city}", "Fresh Start Maids"),
            ("deep cleaning", "move-out cleaning", "office cleaning", "window cleaning"),
            (
                "we are moving out on the thirtieth",
                "the last crew forgot the oven",
                "there is red wine on the carpet",
                "we need someone every other week",
            ),
            ("do you bring your own supplies", "what is your hourly rate", "are your people insured"),
            180,
        ): 6,
        Industry(
            "Accounting",
            ("{last} CPA", "{city} Tax & Bookkeeping", "{last}, {last} & Co."),
            ("tax return", "bookkeeping", "payroll set-up", "audit support"),
            (
                "I got a letter from the IRS",
                "I forgot to file for last year",
                "we have to run payroll by Friday",
                "my K-1 has not arrived",
            ),
            ("what does a simple return cost", "do you work with QuickBooks", "can you file an extension"),
            60,
        ): 4,
    }
)

RARE_WORDS = (
    "zeolite", "wainscoting", "kumquat", "sousaphone", "axolotl", "clerestory", "marzipan", "theodolite",
    "quokka", "vermiculite", "bandoneon", "cassowary", "trebuchet", "samovar", "dulcimer", "escutcheon",
    "gargoyle", "hovercraft", "ptarmigan", "narwhal", "obelisk", "pergola", "rutabaga", "sarcophagus",
    "tamarind", "ukulele", "velociraptor", "windlass", "xylophone", "yurt", "zeppelin", "astrolabe",
    "bathysphere", "calliope", "didgeridoo", "espalier", "fumarole", "gyroscope", "harpsichord",
    "isinglass", "jodhpurs", "kaleidoscope", "lederhosen", "mandolin", "nasturtium", "octothorpe",
    "palanquin", "quince", "rhododendron", "semaphore", "thimble", "umlaut", "vuvuzela", "weathervane",
    "xerophyte", "zither", "aspidistra", "balustrade", "chiffonier", "davenport", "ectoplasm", "flugelhorn",
)  # fmt: skip
"""Things that are mentioned in very few calls, so that a search for one finds a handful."""
