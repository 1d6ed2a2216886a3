"""What a site says of its console: its map, where people may sign in too, its audit."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from anpr.sites.enforcement import Hours
from anpr.sites.values import Part, RoleName, SecretRef, Url


class MapSettings(Part):
    """`[map]`: what the console's map lies on. Without tiles it is drawn, and asks nobody."""

    tiles: Annotated[str, Field(pattern=r"^https?://[^\s/]+/.*\{z\}.*$", max_length=300)] | None = (
        None
    )
    """the tile server's address, such as 'https://tiles.example.be/{z}/{x}/{y}.png'"""
    attribution: Annotated[str, Field(max_length=200)] = ""
    """who made the tiles, as their licence wants it said"""
    max_zoom: Annotated[int, Field(ge=1, le=24)] = 19
    """the deepest zoom that the server has tiles of, from 1 to 24"""

    @property
    def origin(self) -> str | None:
        """The scheme and host that browsers may fetch tiles from."""
        return None if self.tiles is None else "/".join(self.tiles.split("/")[:3])


class OidcSettings(Part):
    """`[login]`: the organisation's OpenID Connect service, where people may sign in too."""

    issuer: Url
    """the service's address as it names itself, such as 'https://login.example.be/realms/police'"""
    client_id: Annotated[str, Field(min_length=1, max_length=200)]
    """the name under which the service knows this console"""
    client_secret: SecretRef | None = None
    """where the secret is kept that the two share: env:NAME or file:PATH; none: a public client"""
    claim: Annotated[str, Field(min_length=1, max_length=100)] = "roles"
    """the claim that names somebody's groups, such as 'groups'"""
    name_claim: Annotated[str, Field(min_length=1, max_length=100)] = "preferred_username"
    """the claim that names the person"""
    roles: Annotated[Mapping[str, tuple[RoleName, ...]], Field(min_length=1)]
    """a [login.roles] table: of each group its roles here, such as dispatch = ['dispatcher']"""
    title: Annotated[str, Field(max_length=60)] = ""
    """what the button says; without it the service's host"""


class AuditSettings(Part):
    """`[audit]`: where the audit leaves its signed heads, and what its report asks about."""

    heads: Annotated[str, Field(max_length=500)] = ""
    """a file that whoever keeps the store cannot write, such as '/mnt/dpo/heads.jsonl'"""
    service_hours: tuple[Hours, ...] = ()
    """[[audit.service_hours]] tables: searches outside all of them are reported; none: none are"""
    repeats: Annotated[int, Field(ge=2, le=1000)] = 5
    """from so many searches of one plate by one person for one case on, they are reported"""
