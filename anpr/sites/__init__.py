"""The site file: cameras, sections, locks and zones as one frozen tree."""

from anpr.sites.alerts import AlertRoute, Area, Escalation, Inhibition, When
from anpr.sites.channels import Channel, Quiet
from anpr.sites.console import OidcSettings
from anpr.sites.enforcement import (
    Certificate,
    Hours,
    Limit,
    Line,
    Lock,
    Overtaking,
    Section,
    Zone,
)
from anpr.sites.evidence import EvidenceSettings, Location, Receiver, Survey
from anpr.sites.file import parse_site
from anpr.sites.lists import ListSettings
from anpr.sites.model import Site
from anpr.sites.outward import Inquiry, Retention
from anpr.sites.settings import Camera, SiteSettings
from anpr.sites.values import EVERY_DAY, KNOWN_HOLIDAYS, Day, Days, Id, SecretRef
from anpr.sites.warnings import warnings

__all__ = [
    "EVERY_DAY",
    "KNOWN_HOLIDAYS",
    "AlertRoute",
    "Area",
    "Camera",
    "Certificate",
    "Channel",
    "Day",
    "Days",
    "Escalation",
    "EvidenceSettings",
    "Hours",
    "Id",
    "Inhibition",
    "Inquiry",
    "Limit",
    "Line",
    "ListSettings",
    "Location",
    "Lock",
    "OidcSettings",
    "Overtaking",
    "Quiet",
    "Receiver",
    "Retention",
    "SecretRef",
    "Section",
    "Site",
    "SiteSettings",
    "Survey",
    "When",
    "Zone",
    "parse_site",
    "warnings",
]
