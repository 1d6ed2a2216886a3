"""Published tables as DATEX II v3: a table of measurement sites, and measured data of them.

Cameras are sites of traffic flow and speed, sections are sites of travel time. What is not told is
left out, as DATEX has it. Elements and their order follow the model's RoadTrafficData package,
which is the same in the versions 3.2 to 3.7.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from anpr.errors import AnprError
from anpr.sites import Site
from anpr.time import rfc3339
from sinks.statistics.register import Edition
from sinks.statistics.tables import ALL

MEASURED = ("counts", "speeds", "travel-times")
"""The published tables that measured data tells of."""

VERSION = "1"
"""Of the measurement sites; ids stay the same, places may be surveyed anew."""

_NAMESPACES = {
    "d2": "http://datex2.eu/schema/3/d2Payload",
    "com": "http://datex2.eu/schema/3/common",
    "roa": "http://datex2.eu/schema/3/roadTrafficData",
    "loc": "http://datex2.eu/schema/3/locationReferencing",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_TYPE = f"{{{_NAMESPACES['xsi']}}}type"

CAMERA, SECTION = "camera.", "section."
"""How the ids of sites begin."""

FLOW, SPEED, TRAVEL = ("TrafficFlow", "TrafficSpeed", "TravelTimeData")
CAMERA_KINDS, SECTION_KINDS = (FLOW, SPEED), (SPEED, TRAVEL)
"""What each kind of site measures: a value's index is its place here, counted from 1."""

_MEASURES = {FLOW: "trafficFlow", SPEED: "trafficSpeed", TRAVEL: "travelTimeInformation"}

MEAN, MEDIAN = "arithmeticAverageOfSamplesInATimePeriod", "medianOfSamplesInATimePeriod"


class NothingMeasuredError(AnprError):
    """Nothing of flow, speed or travel time was published of this period: a publication needs some.

    Publish first, or take another period.
    """

    def __init__(self) -> None:
        super().__init__(
            "nothing of flow, speed or travel time was published of this period, and DATEX II has"
            " no empty publication: publish `counts`, `speeds` or `travel-times` first, or take"
            " another period"
        )


def site_table(site: Site, now: datetime) -> bytes:
    """Write where is measured: each camera and each section, with what it measures."""
    payload = _payload(site, "MeasurementSiteTablePublication", now)
    _header(payload)
    table = _add(payload, "roa:measurementSiteTable", id=_table_id(site), version=VERSION)
    for camera in site.cameras:
        place = (camera.lat, camera.lon)
        _site(table, camera_site(camera.id), camera.title, [place], CAMERA_KINDS)
    for section in site.sections:
        ends = [site.camera(end) for end in (section.entry[0], section.exit[0])]
        places = [(end.lat, end.lon) for end in ends if end is not None]
        _site(table, section_site(section.id), section.id, places, SECTION_KINDS)
    return _written(payload)


def measured_data(site: Site, editions: Iterable[Edition], now: datetime) -> bytes:
    """Write what was published of flow, speed and travel time (`counts`, `speeds`, `travel-times`).

    A site's measurements are in order of time; flow is given as vehicles per hour. Raises
    NothingMeasuredError where nothing was.
    """
    payload = _payload(site, "MeasuredDataPublication", now)
    _add(
        payload, "roa:measurementSiteTableReference", targetClass="roa:MeasurementSiteTable",
        id=_table_id(site), version=VERSION,
    )  # fmt: skip
    _header(payload)
    told: dict[tuple[str, datetime, datetime], dict[str, Mapping[str, object]]] = {}
    for edition in editions:
        for subject, measure, row in _measures(edition):
            told.setdefault((subject, edition.start, edition.end), {})[measure] = row
    if not told:
        raise NothingMeasuredError
    for (subject, start, end), measures in sorted(told.items(), key=lambda one: one[0]):
        _measurements(payload, subject, start, end, measures)
    return _written(payload)


def camera_site(camera: str) -> str:
    """Give the id of a camera's measurement site."""
    return f"{CAMERA}{camera}"


def section_site(section: str) -> str:
    """Give the id of a section's measurement site."""
    return f"{SECTION}{section}"


def _measures(edition: Edition) -> Iterable[tuple[str, str, Mapping[str, object]]]:
    """Go through what a table tells of a site: the site, the kind of data, the row."""
    for row in edition.rows:
        match edition.table:
            case "counts" if row["class"] == ALL and row["count"] is not None:
                yield camera_site(row["camera"]), FLOW, row
            case "speeds" if row["from_kmh"] == ALL and row["mean_kmh"] is not None:
                is_camera = row["kind"] == "camera"
                yield (camera_site if is_camera else section_site)(row["subject"]), SPEED, row
            case "travel-times" if row["median_s"] is not None:
                yield section_site(row["section"]), TRAVEL, row
            case _:
                pass  # flows and classes have no place in the model


def _measurements(
    payload: ET.Element,
    subject: str,
    start: datetime,
    end: datetime,
    measures: Mapping[str, Mapping[str, object]],
) -> None:
    of = _add(payload, "roa:siteMeasurements")
    _add(
        of, "roa:measurementSiteReference", targetClass="roa:MeasurementSite", id=subject,
        version=VERSION,
    )  # fmt: skip
    hours = (end - start).total_seconds() / 3600
    kinds = SECTION_KINDS if subject.startswith(SECTION) else CAMERA_KINDS
    for index, kind in enumerate(kinds, 1):
        if (row := measures.get(kind)) is None:
            continue
        quantity = _add(_indexed(of, "physicalQuantity", index), "roa:physicalQuantity")
        quantity.set(_TYPE, "roa:SinglePhysicalQuantity")
        data = _add(quantity, "roa:basicData")
        data.set(_TYPE, f"roa:{kind}")
        n = {"numberOfInputValuesUsed": str(row["count"])} if row["count"] is not None else {}
        if kind == FLOW:
            flow = _add(data, "roa:vehicleFlow", **n)
            _add(flow, "com:vehicleFlowRate", str(round(_number(row["count"]) / hours)))
        elif kind == SPEED:
            speed = _add(data, "roa:averageVehicleSpeed", computationalMethod=MEAN, **n)
            _add(speed, "com:speed", str(row["mean_kmh"]))
        else:
            travel = _add(data, "roa:travelTime", computationalMethod=MEDIAN, **n)
            _add(travel, "roa:duration", str(row["median_s"]))
    time = _add(of, "roa:measurementTimeDefault")
    _add(time, "roa:timeMeaning", "endTime")
    _add(time, "roa:timeValue", rfc3339(end))
    period = _add(time, "roa:period")
    _add(period, "com:startOfPeriod", rfc3339(start))
    _add(period, "com:endOfPeriod", rfc3339(end))


def _site(
    table: ET.Element,
    id_: str,
    name: str,
    places: Sequence[tuple[float, float]],
    kinds: Sequence[str],
) -> None:
    of = _add(table, "roa:measurementSite", id=id_, version=VERSION)
    values = _add(_add(of, "roa:measurementSiteName"), "com:values")
    _add(values, "com:value", name, lang="nl")
    for index, kind in enumerate(kinds, 1):
        outer = _indexed(of, "measurementSpecificCharacteristics", index)
        specific = _add(outer, "roa:measurementSpecificCharacteristics")
        _add(specific, "roa:period", "3600")
        _add(specific, "roa:specificMeasurementValueType", _MEASURES[kind])
    place = _add(of, "roa:measurementSiteLocation")
    place.set(_TYPE, "loc:PointLocation" if len(places) == 1 else "loc:LinearLocation")
    if len(places) == 1:
        _coordinates(_add(place, "loc:pointByCoordinates"), *places[0])
    else:
        line = _add(place, "loc:gmlLineString", srsName="EPSG:4326")
        _add(line, "loc:posList", " ".join(f"{lat:.6f} {lon:.6f}" for lat, lon in places))


def _header(payload: ET.Element) -> None:
    header = _add(payload, "roa:headerInformation")
    _add(header, "com:confidentiality", "noRestriction")
    _add(header, "com:informationStatus", "real")


def _indexed(parent: ET.Element, name: str, index: int) -> ET.Element:
    """Open an element that numbers the one of the same name within it, as the model has it."""
    return _add(parent, f"roa:{name}", index=str(index))


def _coordinates(parent: ET.Element, lat: float, lon: float) -> None:
    point = _add(parent, "loc:pointCoordinates")
    _add(point, "loc:latitude", str(lat))
    _add(point, "loc:longitude", str(lon))


def _payload(site: Site, kind: str, now: datetime) -> ET.Element:
    payload = ET.Element(_name("d2:payload"), {"lang": "nl", "modelBaseVersion": "3"})
    payload.set(_TYPE, f"roa:{kind}")
    _add(payload, "com:publicationTime", rfc3339(now))
    creator = _add(payload, "com:publicationCreator")
    _add(creator, "com:country", site.site.country.lower())
    _add(creator, "com:nationalIdentifier", site.site.name)
    return payload


def _table_id(site: Site) -> str:
    return f"{site.site.country}-{site.site.name}".replace(" ", "-")


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, _name(name), attributes)
    child.text = text
    return child


def _name(short: str) -> str:
    prefix, _, name = short.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{name}"


def _number(value: object) -> float:
    return float(str(value))


def _written(payload: ET.Element) -> bytes:
    for prefix, namespace in _NAMESPACES.items():
        ET.register_namespace(prefix, namespace)
    ET.indent(payload)
    text: bytes = ET.tostring(payload, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
