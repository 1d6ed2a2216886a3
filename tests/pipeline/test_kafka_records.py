"""Reading a broker's batches: as kafka-python reads them, into our messages."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.ports import Message, Place, Record
from pipeline.logs.kafka_client import kafka_errors
from pipeline.logs.kafka_records import messages_of

# Only after our own import of the client, which bears with what it does on import.
theirs = import_module("kafka.record.default_records")

PLACE = Place("reads", 3)
AT_MS = 1_770_000_000_000
LZ4 = 3

TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)
RECORDS = st.builds(
    Record, TEXTS, st.binary(max_size=20_000), st.dictionaries(TEXTS, TEXTS, max_size=3)
)


def batch_of(records: list[Record], compression: int = 0, step_ms: int = 0) -> bytes:
    builder = theirs.DefaultRecordBatchBuilder(
        magic=2, compression_type=compression, is_transactional=False, producer_id=-1,
        producer_epoch=-1, base_sequence=-1, batch_size=1 << 30,
    )  # fmt: skip
    for number, record in enumerate(records):
        headers = [(name, text.encode()) for name, text in record.headers.items()]
        sent = AT_MS + step_ms * number
        builder.append(number, sent, record.key.encode(), record.value, headers)
    return bytes(builder.build())


def read(data: bytes) -> list[Message]:
    return list(messages_of(PLACE, theirs.DefaultRecordBatch(data)))


@given(st.lists(RECORDS, min_size=1, max_size=5), st.sampled_from([0, LZ4]))
def test_what_was_sent_is_read(records: list[Record], compression: int) -> None:
    messages = read(batch_of(records, compression))
    assert [(one.offset, one.record) for one in messages] == list(enumerate(records))
    assert {one.place for one in messages} == {PLACE}


def test_offsets_go_on_beyond_one_byte_and_two() -> None:
    messages = read(batch_of([Record("", b"")] * 20_000))
    assert [one.offset for one in messages] == list(range(20_000))


def test_the_time_is_the_brokers_where_it_gave_one_and_else_the_senders() -> None:
    sent = batch_of([Record("k", b"x")] * 3, step_ms=1000)
    by_broker = bytearray(sent)
    by_broker[22] |= theirs.DefaultRecordBatch.TIMESTAMP_TYPE_MASK  # the attributes' lower byte
    base = datetime.fromtimestamp(AT_MS / 1000, UTC)
    assert [(one.appended_at - base).seconds for one in read(sent)] == [0, 1, 2]
    assert [(one.appended_at - base).seconds for one in read(bytes(by_broker))] == [2, 2, 2]


@pytest.mark.parametrize("absent", ["key", "value"])
def test_what_has_no_key_or_no_value_is_empty(absent: str) -> None:
    builder = theirs.DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=False, producer_id=-1,
        producer_epoch=-1, base_sequence=-1, batch_size=1000,
    )  # fmt: skip
    parts = {"key": b"k", "value": b"v", absent: None}
    builder.append(0, AT_MS, parts["key"], parts["value"], [("h", None)])
    (message,) = read(bytes(builder.build()))
    key, value = (parts[name] or b"" for name in ("key", "value"))
    assert message.record == Record(key.decode(), value, {"h": ""})


@given(st.integers(1, 60))
def test_a_batch_that_ends_too_soon_is_refused(cut: int) -> None:
    with pytest.raises(kafka_errors.CorruptRecordError):
        read(batch_of([Record("key", b"x" * 10), Record("key", b"x" * 30)])[:-cut])


def test_bytes_that_no_record_claims_are_refused() -> None:
    with pytest.raises(kafka_errors.CorruptRecordError, match="not as long"):
        read(batch_of([Record("key", b"x")]) + b"0")
