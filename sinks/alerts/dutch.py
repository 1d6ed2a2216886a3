"""What the channels say in Dutch; what is missing here they say in English."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from anpr.events import Match
from sinks.alerts import words

_DUTCH: Mapping[str, str] = MappingProxyType(
    {
        "hit": "Treffer",
        "section_transit": "Trajectcontrole",
        "lock_transit": "Vrachtwagensluis",
        "access": "Toegang",
        "clone_suspect": "Vermoeden van een dubbele plaat",
        "camera_state": "Camera",
        "alerts": "meldingen",
        "RECALLED": "HERROEPEN",
        "NOT LIVE": "NIET LIVE",
        "priority": "prioriteit",
        "camera": "camera",
        "time": "tijd",
        "plate": "plaat",
        "list": "lijst",
        "last updated": "laatst bijgewerkt",
        "never by import": "niet bekend",
        "alert": "melding",
        "List demoted": "Lijst gedegradeerd",
        "List taken up again": "Lijst hersteld",
        "judged": "beoordeeld",
        "right": "juist",
        "stop": "staande houden",
        "observe": "observeren",
        "inform": "informeren",
        "violation": "overtreding",
        "cancelled": "geannuleerd",
        "through": "doorgaand",
        "local": "plaatselijk",
        "exempt": "vrijgesteld",
        "review": "na te kijken",
        "allow": "toegelaten",
        "deny": "geweigerd",
        "flag": "gemeld",
        "up": "werkt",
        "down": "uitgevallen",
        "clock_off": "klok wijkt af",
        "degraded": "verzwakt",
        words.UNCONFIRMED[Match.EQUIVALENT]: (
            "niet bevestigd: de plaat lijkt op die van de lijst, vergelijk de foto"
        ),
        words.UNCONFIRMED[Match.WILDCARD]: (
            "niet bevestigd: de plaat past in het patroon van de lijst, vergelijk de foto"
        ),
        words.UNCONFIRMED[Match.PROBABLE]: (
            "niet bevestigd: de plaat is waarschijnlijk die van de lijst, vergelijk de foto"
        ),
        words.STALE: (
            "de lijst werd niet op tijd vernieuwd: vraag na of ze nog geldt, en houd niet staande"
        ),
        words.DEMOTED: (
            "de lijst bleek te vaak fout: kijk eerst na, en houd niet staande op dit alleen"
        ),
        words.TAKEN_UP: (
            "iemand heeft de lijst hersteld: haar treffers gaan weer waar ze vroeger heen gingen"
        ),
        words.UPDATE: "vervolg: eerder gemeld, nu aan een andere camera",
        words.LAPSED: "herroepen: de plaat is van de lijst gehaald of vervallen",
        words.PART_OF_CASE: "deel van een zaak: een andere melding vertelt de hoogste snelheid",
        words.HIGHEST_OF_CASE: "de hoogste van opeenvolgende trajecten: vervangt de vorige melding",
        words.CAMERA_UP: "herroepen: de camera werkt weer",
        words.CAMERA_CHANGED: "herroepen: de camera is nu in een andere toestand",
        words.RECALLED: "herroepen: wat deze melding opriep, klopt niet meer",
    }
)

_COUNTED = (
    (
        re.compile(r"not live: it happened (\d+) min before this message"),
        r"niet live: het gebeurde \1 min voor dit bericht",
    ),
    (
        re.compile(r"delayed: it happened (\d+) min before this alert"),
        r"vertraagd: het gebeurde \1 min voor deze melding",
    ),
    (
        re.compile(r"nobody has taken it up for (\d+) s"),
        r"al \1 s heeft niemand dit opgenomen",
    ),
    (
        re.compile(r"not sent to (.+): quiet hours"),
        r"niet verzonden naar \1: stille uren",
    ),
    (
        re.compile(r"not sent: silenced by (.+?): (.+)"),
        r"niet verzonden: stil gemaakt door \1: \2",
    ),
    (
        re.compile(r"not sent: alert (\d+) explains it"),
        r"niet verzonden: melding \1 verklaart het",
    ),
)
"""What holds a number or a name."""


def in_dutch(said: str) -> str:
    """Say in Dutch what a channel carries in English."""
    for pattern, dutch in _COUNTED:
        if found := pattern.fullmatch(said):
            return found.expand(dutch)
    return _DUTCH.get(said, said)
