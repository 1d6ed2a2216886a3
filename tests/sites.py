"""A small zone that tests share: two section ends, a lock with two exits, a gate."""

import tomllib
from typing import Any

from anpr.sites import Site, parse_site

SITE_TOML = """
[site]
name = "Politiezone Rupel"
timezone = "Europe/Brussels"
country = "BE"

[[cameras]]
id = "a"
name = "N177 Noord"
lat = 51.0901
lon = 4.3702
direction = "in"
token = "env:TOKEN_A"

[[cameras]]
id = "b"
name = "N177 Zuid"
lat = 51.0790
lon = 4.3699
direction = "in"
token = "env:TOKEN_B"

[[cameras]]
id = "c"
name = "Relst Oost"
lat = 51.0700
lon = 4.3800
direction = "in"
token = "env:TOKEN_C"
triggered = true
plate_px = [60, 220]

[[cameras]]
id = "d"
name = "Relst West"
lat = 51.0710
lon = 4.3600
direction = "out"
token = "env:TOKEN_D"

[[cameras]]
id = "e"
name = "Relst Zuid"
lat = 51.0650
lon = 4.3700
direction = "out"
token = "env:TOKEN_E"

[[cameras]]
id = "f"
name = "Relst Kerk"
lat = 51.0690
lon = 4.3710
token = "env:TOKEN_F"

[[cameras]]
id = "g"
name = "Markt"
lat = 51.0800
lon = 4.3650
direction = "in"
token = "env:TOKEN_G"

[[sections]]
id = "n177"
entry = ["a"]
exit = ["b"]
length_m = 1240.0
limit_kmh = 70
certificate = { device = "SN-1", approval = "BE-2024-7", verified_until = 2028-05-01 }

[[locks]]
id = "relst"
entries = ["c"]
exits = ["d", "e"]
inside = ["f"]
through_within_s = 900
pairs = { "c/e" = 600 }
permits = "relst-permits"

[[zones]]
id = "centrum"
gates = ["g"]
permits = ["bewoners"]
action = "flag"

[[alerts]]
when = { kind = "hit", priority_min = 50 }
channels = ["dispatch", "console"]

[channels.dispatch]
type = "webhook"
url = "https://dispatch.example/anpr"
secret = "env:DISPATCH_SECRET"
"""


def site(**tables: Any) -> Site:
    """Give the small zone, with these top-level tables in place of its own."""
    if not tables:
        return parse_site(SITE_TOML, "site.toml")
    return Site.model_validate({**tomllib.loads(SITE_TOML), **tables})
