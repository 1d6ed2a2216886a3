"""Lettering that is no plate: names on vans, telephone numbers, badges, signs."""

from random import Random

import numpy as np

from training.plates import Plate, Renderer
from training.registrations import SLOTS, Registration

WORDS = """
TAXI POLICE POLITIE POLIZEI STOP BUS SCHOOL TURBO DIESEL HYBRID ELECTRIC AMBULANCE EXIT SPORT
QUATTRO TRANSPORT SERVICE BAKKERIJ SLAGERIJ BOULANGERIE BOUCHERIE GARAGE MOTORS EXPRESS COURIER
DELIVERY LOGISTICS RENTAL CARGO CLEANING ELEKTRO ELECTRICITE SANITAIR VERWARMING CHAUFFAGE
DAKWERKEN TOITURES SCHILDER PEINTURE TUINEN JARDINS BOUW BVBA SPRL KINDEREN ENFANTS BABY BOARD
FRITUUR PIZZA CAFE HOTEL PARKING ZONE CENTRUM CENTRE NOORD ZUID TRAIN DANGER LONG VEHICLE AUTO
CARS VANS TRUCKS WELCOME THE AND VAN DER DE HET FOR YOUR OUR NET WEB WWW
"""


def lettering(renderer: Renderer, random: Random) -> Plate:
    """Draw lettering as a plate without registration: no text, no lines, the last country."""
    kind = random.random()
    if kind < 0.5:
        written = " ".join(random.choices(WORDS.split(), k=random.randint(1, 3)))
    elif kind < 0.75:
        digits = "".join(random.choices("0123456789", k=random.randint(8, 10)))
        written = f"{digits[:4]} {digits[4:6]} {digits[6:8]} {digits[8:]}".strip()
    else:
        letters = "ABCDEFGHIJKLMNOPRSTUVWYZ"
        written = "".join(random.choices(letters, k=random.randint(SLOTS + 1, 16)))
    if " " in written and random.random() < 0.3:
        written = written.replace(" ", "/", 1)
    drawn = renderer.draw(Registration("Other", written), random, is_plate=False)
    return Plate(
        drawn.pixels, drawn.outer, drawn.inner, "", "Other", 0,
        np.zeros((SLOTS, 2), np.float32),
    )  # fmt: skip
