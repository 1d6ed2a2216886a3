from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from anpr.time import Moment, from_us, rfc3339, to_us

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
PLAIN: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds
    timezones=st.just(UTC),
)


@given(MOMENTS)
def test_a_moment_survives_its_text(moment: datetime) -> None:
    assert MOMENT.validate_python(rfc3339(moment)) == moment


@given(MOMENTS, st.sampled_from([0, None]), st.integers(0, 26), st.sampled_from("0 29:.-+TtZz"))
def test_what_is_written_nearly_as_we_write_it_is_read_as_by_anybody(
    moment: datetime, microsecond: int | None, where: int, sign: str
) -> None:
    if microsecond is not None:
        moment = moment.replace(microsecond=microsecond)
    text = moment.isoformat().replace("+00:00", "Z")
    text = text[:where] + sign + text[where + 1 :]
    try:
        expected = PLAIN.validate_python(text)
    except ValidationError:
        expected = None
    try:
        read = MOMENT.validate_python(text)
    except ValidationError:
        return  # stricter: a date alone, a year before 2000
    assert read == expected


@pytest.mark.parametrize(
    "text", ["2026-02-28T23:59:59Z", "2026-02-28t23:59:59.0z", "2026-02-28 22:59:59.000000-01:00"]
)
def test_a_moment_is_the_same_however_it_is_written(text: str) -> None:
    moment = MOMENT.validate_python(text)
    assert (moment, moment.tzinfo) == (datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), UTC)


@given(MOMENTS)
def test_a_moment_survives_its_microseconds(moment: datetime) -> None:
    assert from_us(to_us(moment)) == moment


def test_a_moment_is_kept_in_utc_to_the_microsecond() -> None:
    moment = MOMENT.validate_python("2026-01-31T08:00:00.1234567+01:00")
    assert moment.utcoffset() == timedelta(0)
    assert rfc3339(moment) == "2026-01-31T07:00:00.123456Z"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("2026-01-31T08:00:00", "timezone"),
        ("2026-01-31", "RFC 3339"),
        ("1769842800", "RFC 3339"),
        (1769842801, "RFC 3339"),
        (None, "RFC 3339"),
        ("2026-02-30T00:00:00Z", "day"),
        ("2026-01-31T08:00:61.000000Z", "valid datetime"),
        ("1970-01-01T00:00:00Z", "before the year 2000"),
        ("1999-12-31T23:59:59.999999Z", "before the year 2000"),
        ("9999-12-31T23:59:59-05:00", "after the year 9999"),
    ],
)
def test_a_time_that_means_no_moment_is_refused(text: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        MOMENT.validate_python(text)


def test_the_year_2000_is_the_first_that_is_believed() -> None:
    assert MOMENT.validate_python("2000-01-01T00:00:00Z") == datetime(2000, 1, 1, tzinfo=UTC)
