"""Which partition a key belongs to: the hash of Kafka's default partitioner, so that both agree.

Spelled out here because importing kafka-python takes a tenth of a second that a log embedded in
this process would pay for a hash alone; the tests hold it against the original.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial

from anpr.ports import Output, Record

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C


def by_topic(outputs: Iterable[Output]) -> Mapping[str, Sequence[Record]]:
    """Sort what is to be appended by topic, in its order."""
    records: dict[str, list[Record]] = defaultdict(list)
    for output in outputs:
        records[output.topic].append(output.record)
    return records


# A camera's key, or a plate's, comes again and again, and its hash takes microseconds.
@lru_cache(maxsize=10_000)
def partition_of(key: str, partitions: int) -> int:
    """Choose the partition (0 to `partitions` - 1) of a key."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Hash bytes with the 32-bit MurmurHash 2 of Kafka's Java client."""
    little = partial(int.from_bytes, byteorder="little")
    whole = len(data) & ~3
    state = _SEED ^ len(data)
    for start in range(0, whole, 4):
        word = little(data[start : start + 4]) * _M & _MASK
        word = (word ^ word >> 24) * _M & _MASK
        state = state * _M & _MASK ^ word
    if tail := data[whole:]:
        state = (state ^ little(tail)) * _M & _MASK
    state = (state ^ state >> 13) * _M & _MASK
    return state ^ state >> 15
