"""The site: a whole zone as one frozen tree."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from pydantic import Field

from anpr.sites.alerts import AlertRoute, Area, Inhibition, Network
from anpr.sites.casework import Casework
from anpr.sites.channels import Channel
from anpr.sites.console import AuditSettings, MapSettings, OidcSettings
from anpr.sites.enforcement import Line, Lock, Overtaking, Section, Zone
from anpr.sites.evidence import EvidenceSettings, Receiver
from anpr.sites.lists import DEFAULT_LIFE_DAYS, ListSettings
from anpr.sites.outward import Inquiry, Retention
from anpr.sites.settings import Camera, SiteSettings
from anpr.sites.statistics import StatisticsSettings
from anpr.sites.values import Id, Part


class Site(Part):
    """A whole zone."""

    site: SiteSettings
    """a [site] table with name, timezone and country"""
    cameras: Annotated[tuple[Camera, ...], Field(min_length=1)]
    """a [[cameras]] table for each camera"""
    sections: tuple[Section, ...] = ()
    """a [[sections]] table for each section"""
    locks: tuple[Lock, ...] = ()
    """a [[locks]] table for each truck lock"""
    zones: tuple[Zone, ...] = ()
    """a [[zones]] table for each permit zone"""
    overtaking: tuple[Overtaking, ...] = ()
    """an [[overtaking]] table for each stretch with a ban on overtaking"""
    lines: tuple[Line, ...] = ()
    """a [[lines]] table for each row of cameras whose capture is measured"""
    alerts: tuple[AlertRoute, ...] = ()
    """an [[alerts]] table for each route"""
    inhibits: tuple[Inhibition, ...] = ()
    """an [[inhibits]] table for each kind of alert that keeps others quiet"""
    areas: Mapping[Id, Area] = Field(default_factory=dict)
    """an [areas.NAME] table for each part of the zone that a route or a patrol names"""
    networks: Mapping[Id, Network] = Field(default_factory=dict)
    """a [networks.NAME] table for each neighbourhood network that people write to"""
    channels: Mapping[Id, Channel] = Field(default_factory=dict)
    """a [channels.NAME] table for each channel"""
    lists: Mapping[Id, ListSettings] = Field(default_factory=dict)
    """a [lists.NAME] table for each list that differs from the defaults"""
    retention: Retention = Retention()
    """a [retention] table of days"""
    casework: Casework = Casework()
    """a [casework] table with terms and warn_days"""
    login: OidcSettings | None = None
    """a [login] table with issuer, client_id and roles"""
    audit: AuditSettings = AuditSettings()
    """an [audit] table with heads, service_hours and repeats"""
    map: MapSettings = MapSettings()
    """a [map] table with tiles"""
    evidence: EvidenceSettings = EvidenceSettings()
    """an [evidence] table of how cases are packed"""
    receivers: Mapping[Id, Receiver] = Field(default_factory=dict)
    """a [receivers.NAME] table for each receiver of packages"""
    inquiry: Inquiry = Inquiry()
    """an [inquiry] table of what questions need"""
    statistics: StatisticsSettings = StatisticsSettings()
    """a [statistics] table with k, through_within_s and flow_hours"""

    def camera(self, camera: str) -> Camera | None:
        """Give a camera by its id."""
        return self._by_id.get(camera)

    @property
    def border(self) -> Mapping[str, str]:
        """The cameras at the zone's border, and the way (`in` or `out`) that each watches."""
        return {one.id: one.direction for one in self.cameras if one.direction != "through"}

    @cached_property
    def _by_id(self) -> Mapping[str, Camera]:
        return {camera.id: camera for camera in self.cameras}

    def life_days(self, list_: str) -> int | None:
        """Tell how many days an entry of a list holds that comes without an end; None: for ever.

        A permit holds until it is withdrawn; whoever is wanted must be asked for again.
        """
        default = None if list_ in self.permit_lists else DEFAULT_LIFE_DAYS
        settings = self.lists.get(list_)
        return default if settings is None else settings.default_life_days or default

    @cached_property
    def permit_lists(self) -> frozenset[str]:
        """The lists that say who may pass; they give no hits."""
        locks = {lock.permits for lock in self.locks if lock.permits}
        zones = {name for zone in self.zones for name in (*zone.permits, *zone.always)}
        return frozenset(locks | zones)
