"""DATEX II: what was published, and nothing else, in documents that hold to the model."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from sqlalchemy import Engine

from anpr.sites import Site
from anpr.time import rfc3339
from sinks.statistics.datex import NothingMeasuredError, measured_data, site_table
from sinks.statistics.publishing import publish
from sinks.statistics.register import Edition
from tests.sinks.build import T0, passage, seconds, site, transit
from tests.sinks.statistics.test_publishing import DAY, LATER, cars, write

PLACE: Site = site(
    sections=[
        {"id": "n177", "entry": ["north"], "exit": ["south"], "length_m": 1240, "limit_kmh": 70}
    ]
)
NAMES = {
    "com": "http://datex2.eu/schema/3/common",
    "roa": "http://datex2.eu/schema/3/roadTrafficData",
}


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """The part of the model that is published here, as the official schema has it."""
    return xmlschema.XMLSchema(str(Path(__file__).parent / "datex" / "d2Payload.xsd"))


def published(engine: Engine) -> list[Edition]:
    fast = [one.model_copy(update={"speed_kmh": 45.0}) for one in cars(60)]
    few = [passage(f"few/{n}", camera="north", at=T0 + seconds(n)) for n in range(4)]
    driven = [transit(str(n), duration_s=60.0 + n, at=T0 + seconds(700 * n)) for n in range(5)]
    write(engine, [*fast, *few], driven)
    tables = ("counts", "speeds", "travel-times")
    return [one for table in tables for one in publish(engine, PLACE, table, DAY, LATER)]


def values(document: bytes) -> dict[tuple[str, str], Any]:
    """Read the values of a document by site and what they are."""
    found = {}
    for of in ET.fromstring(document).iterfind("roa:siteMeasurements", NAMES):  # noqa: S314 ours
        reference = of.find("roa:measurementSiteReference", NAMES)
        assert reference is not None
        for data in of.iterfind(".//roa:basicData", NAMES):
            value = data[-1][0]
            name = value.tag.rpartition("}")[2]
            found[reference.attrib["id"], name] = (
                value.text, data[-1].attrib["numberOfInputValuesUsed"]
            )  # fmt: skip
    return found


def test_measured_data_tells_flow_speed_and_travel_time(
    engine: Engine, schema: xmlschema.XMLSchema
) -> None:
    document = measured_data(PLACE, published(engine), LATER)

    schema.validate(document.decode())
    assert values(document) == {
        ("camera.markt", "vehicleFlowRate"): ("60", "60"),
        ("camera.markt", "speed"): ("45.0", "60"),
        ("section.n177", "speed"): ("74.4", "5"),
        ("section.n177", "duration"): ("62", "5"),
    }


def test_each_value_has_the_index_that_the_site_table_gives_it(
    engine: Engine, schema: xmlschema.XMLSchema
) -> None:
    sites = site_table(PLACE, LATER)
    data = measured_data(PLACE, published(engine), LATER)

    schema.validate(sites.decode())
    kinds = {"trafficFlow": "TrafficFlow", "trafficSpeed": "TrafficSpeed",
             "travelTimeInformation": "TravelTimeData"}  # fmt: skip
    declared = {
        (of.attrib["id"], one.attrib["index"], kinds[one[0][1].text or ""])
        for of in ET.fromstring(sites).iterfind(".//roa:measurementSite", NAMES)  # noqa: S314 ours
        for one in of.iterfind("roa:measurementSpecificCharacteristics", NAMES)
    }
    told = {
        (of[0].attrib["id"], one.attrib["index"], str(next(iter(one[0][0].attrib.values())))[4:])
        for of in ET.fromstring(data).iterfind("roa:siteMeasurements", NAMES)  # noqa: S314 ours
        for one in of.iterfind("roa:physicalQuantity", NAMES)
    }
    assert told
    assert told <= declared


def test_each_measurement_says_when_it_was_made(engine: Engine) -> None:
    data = ET.fromstring(measured_data(PLACE, published(engine), LATER))  # noqa: S314 ours
    times = {
        tuple(part.text for part in time.iter() if part.text and part.text.strip())
        for time in data.iterfind(".//roa:measurementTimeDefault", NAMES)
    }
    end = rfc3339(T0 + timedelta(hours=1))
    assert times == {("endTime", end, rfc3339(T0), end)}


def test_where_nothing_was_published_there_is_no_document(schema: xmlschema.XMLSchema) -> None:
    """The standard has no measured data without a measurement."""
    with pytest.raises(NothingMeasuredError, match="publish `counts`"):
        measured_data(PLACE, [], LATER)
    sites = site_table(PLACE, LATER).decode()
    empty = (
        sites[: sites.index("<roa:measurementSite ")]
        + sites[sites.rindex("</roa:measurementSiteTable>") :]
    )
    assert not schema.is_valid(empty)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("noRestriction", "secret"),
        ("Z</com:publicationTime>", "</com:publicationTime>"),
        ("endTime", "lastTime"),
        ("medianOfSamplesInATimePeriod", "median"),
        ('targetClass="roa:MeasurementSite"', 'targetClass="roa:Site"'),
        ("roa:duration>", "com:duration>"),
        ('<roa:physicalQuantity xsi:type="roa:SinglePhysicalQuantity">', "<roa:physicalQuantity>"),
    ],
)
def test_the_schema_refuses_what_it_should(
    engine: Engine, schema: xmlschema.XMLSchema, good: str, bad: str
) -> None:
    document = measured_data(PLACE, published(engine), LATER).decode()
    assert good in document
    assert not schema.is_valid(document.replace(good, bad))
