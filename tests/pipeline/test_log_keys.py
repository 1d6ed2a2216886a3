"""Where a key goes, here as on Kafka."""

import warnings

from hypothesis import given
from hypothesis import strategies as st

from pipeline.logs.keys import murmur2, partition_of

with warnings.catch_warnings():
    # On Python 3.11 and 3.12 kafka-python reads its schemas by a deprecated call.
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.partitioner.default import (  # type: ignore[import-untyped]
        murmur2 as kafka_murmur2,
    )


@given(st.binary(max_size=64))
def test_the_hash_is_kafkas(data: bytes) -> None:
    assert murmur2(data) == kafka_murmur2(data)


@given(st.text(max_size=20), st.integers(1, 32))
def test_a_key_is_where_kafkas_default_partitioner_puts_it(key: str, partitions: int) -> None:
    expected = (kafka_murmur2(key.encode()) & 0x7FFFFFFF) % partitions
    assert partition_of(key, partitions) == expected
