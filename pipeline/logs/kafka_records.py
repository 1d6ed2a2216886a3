"""What a broker's answer holds, made into messages in one pass.

kafka-python makes two objects of every record, by a call for every number in it: more than all
that a stage does with most messages. Here is its reading of a batch, for our messages alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from anpr.ports import Message, Place, Record
from anpr.time import EPOCH
from pipeline.logs.kafka_client import KafkaConsumer, PartitionRecords, kafka_errors

ONE_BYTE = 0x7F
"""A larger byte says that its number goes on in the next."""


def give_messages(client: KafkaConsumer, prefix: str) -> None:
    """Let a client's `poll` give our messages in place of its own; topics lose the prefix."""

    class Messages(PartitionRecords):  # type: ignore[misc] # it has no types
        """The messages of one partition in a broker's answer."""

        def _unpack_records(self, at: Any, records: Any, *_: object) -> Iterator[Message]:
            place = Place(at.topic.removeprefix(prefix), at.partition)
            while (batch := records.next_batch()) is not None:
                if not batch.validate_crc():
                    raise kafka_errors.CorruptRecordError(f"{at} at {batch.base_offset}")
                self.leader_epoch = batch.leader_epoch
                if not batch.is_control_batch:
                    for message in messages_of(place, batch):
                        self.records_read += 1
                        self.bytes_read += len(message.record.value)
                        self.next_fetch_offset = message.offset + 1
                        yield message
                # Compaction may have taken the last of its records.
                self.next_fetch_offset = batch.next_offset
            self.drain()

    client._fetcher.PartitionRecords = Messages  # noqa: SLF001 - the client asks for its own there


def messages_of(place: Place, batch: Any) -> Iterator[Message]:  # noqa: C901 - see below
    """Read the records of a batch whose checksum fits; what has no key or value is empty.

    Most numbers have one byte, which holds twice the number (1 stands for none). They are read on
    the spot: calls would take as long as all the rest. Raises CorruptRecordError.
    """
    iter(batch)  # which decompresses it
    data, here = bytes(batch._buffer), batch._pos  # noqa: SLF001 - nothing public gives them
    base, first = batch.base_offset, batch.first_timestamp
    is_by_broker = batch.timestamp_type == batch.LOG_APPEND_TIME
    moment = _moment(batch.max_timestamp)
    try:
        for _ in range(batch.records_count):
            while data[here] > ONE_BYTE:  # the length, which follows from what comes
                here += 1
            since, here = _number(data, here + 2)  # after a byte of attributes that is not used yet
            if not is_by_broker:
                moment = _moment(first + since)
            twice, here = data[here], here + 1
            if twice > ONE_BYTE:
                twice, here = _long(data, here)
            offset = base + (twice >> 1)
            twice, here = data[here], here + 1
            if twice > ONE_BYTE:
                twice, here = _long(data, here)
            key = data[here : (here := here + (twice >> 1))].decode(errors="replace")
            twice, here = data[here], here + 1
            if twice > ONE_BYTE:
                twice, here = _long(data, here)
            value = data[here : (here := here + (twice >> 1))]
            if data[here]:
                headers, here = _headers(data, here)
                yield Message(place, offset, moment, Record(key, value, headers))
            else:
                here += 1
                yield Message(place, offset, moment, Record(key, value))
    except IndexError as error:
        raise kafka_errors.CorruptRecordError(f"a batch of {place} ends too soon") from error
    if here != len(data):
        raise kafka_errors.CorruptRecordError(f"a batch of {place} is not as long as told")


def _long(data: bytes, after: int) -> tuple[int, int]:
    """Read a number of several bytes after its first; give twice of it, and where it ends."""
    twice, shift = data[after - 1] & ONE_BYTE, 7
    while (byte := data[after]) > ONE_BYTE:
        twice |= (byte & ONE_BYTE) << shift
        shift, after = shift + 7, after + 1
    return twice | byte << shift, after + 1


def _number(data: bytes, here: int) -> tuple[int, int]:
    """Read a number, which may be below 0; give it, and where it ends."""
    twice, here = data[here], here + 1
    if twice > ONE_BYTE:
        twice, here = _long(data, here)
    return (twice >> 1) ^ -(twice & 1), here


def _headers(data: bytes, here: int) -> tuple[Mapping[str, str], int]:
    count, here = _number(data, here)
    headers = {}
    for _ in range(count):
        size, here = _number(data, here)
        name = data[here : (here := here + max(size, 0))]
        size, here = _number(data, here)
        text = data[here : (here := here + max(size, 0))]
        headers[name.decode(errors="replace")] = text.decode(errors="replace")
    return headers, here


@lru_cache(maxsize=1000)
def _moment(since_epoch_ms: int) -> datetime:
    """Give the time of an append; those of one batch have the same."""
    return EPOCH + timedelta(milliseconds=since_epoch_ms)
