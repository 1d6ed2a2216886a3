"""Consumer groups within one process: who owns which partition, and how it changes hands."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anpr.errors import LogError
from anpr.ports import Place
from pipeline.logs.storage import Claim


@dataclass(eq=False, slots=True)
class Member:
    """One consumer of a group: the topics it asked for; `wake` is set when it should look."""

    topics: frozenset[str]
    wake: threading.Event = field(default_factory=threading.Event)


class Group:
    """Shares partitions out among members, cooperatively.

    Joining and leaving only change who *should* own a partition. Its owner gives it up at its own
    next `settle`, between two batches; until then the heir waits. So no two own it at a time.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}
        self._members: list[Member] = []
        self._owners: dict[Place, Member] = {}
        self._heirs: Mapping[Place, Member] = {}

    def join(self, member: Member, partitions: Mapping[str, int]) -> None:
        """Add a member; `partitions` counts those of each of its topics."""
        with self._lock:
            self._members.append(member)
            self._places.update(partitions)
            self._share_out()

    def leave(self, member: Member) -> bool:
        """Remove a member and free what it owned; True when it was the last."""
        with self._lock:
            self._members.remove(member)
            self._owners = {p: owner for p, owner in self._owners.items() if owner is not member}
            self._share_out()
            if self._members:
                return False
            self._claim.close()
            return True

    def settle(self, member: Member) -> tuple[Sequence[Place], Sequence[Place]]:
        """Give up what others should own, take what is free; return (assigned, revoked)."""
        with self._lock:
            if member not in self._members:
                raise LogError("this consumer has left its group; join again")
            revoked = [
                place
                for place, owner in self._owners.items()
                if owner is member and self._heirs[place] is not member
            ]
            for place in revoked:
                del self._owners[place]
                self._heirs[place].wake.set()
            assigned = [
                place
                for place, heir in self._heirs.items()
                if heir is member and place not in self._owners
            ]
            self._owners.update(dict.fromkeys(assigned, member))
            return assigned, revoked

    def _share_out(self) -> None:
        self._heirs = balanced(self._places, self._members, self._owners)
        for member in self._members:
            member.wake.set()


def balanced(
    partitions: Mapping[str, int], members: Sequence[Member], owners: Mapping[Place, Member]
) -> dict[Place, Member]:
    """Spread each topic's partitions evenly over the members that asked for the topic.

    A partition stays where it is as long as that is even, so that little state is rebuilt.
    """
    heirs: dict[Place, Member] = {}
    for topic, count in sorted(partitions.items()):
        places = [Place(topic, number) for number in range(count)]
        here = [member for member in members if topic in member.topics]
        room = _room(places, here, owners, Counter(heirs.values()))
        free = []
        for place in places:
            owner = owners.get(place)
            if owner is not None and room.get(owner, 0) > 0:
                heirs[place] = owner
                room[owner] -= 1
            else:
                free.append(place)
        seats = [member for member in here for _ in range(room[member])]
        heirs.update(zip(free, seats, strict=bool(here)))
    return heirs


def _room(
    places: Sequence[Place],
    here: Sequence[Member],
    owners: Mapping[Place, Member],
    load: Mapping[Member, int],
) -> dict[Member, int]:
    """Say how many of a topic's places each member may own.

    Where they do not divide evenly, those get one more that own most of them already; among
    these, those that other topics load least.
    """
    if not here:
        return {}
    share, extra = divmod(len(places), len(here))
    held = Counter(owners.get(place) for place in places)
    ranked = sorted(here, key=lambda member: (-held[member], load.get(member, 0)))
    return {member: share + (rank < extra) for rank, member in enumerate(ranked)}
