"""Who may do what: the roles people have, and the rights that come with them."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What somebody does in the zone. One person may have several roles."""

    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    PATROL = "patrol"
    INVESTIGATOR = "investigator"
    TRAFFIC_OFFICER = "traffic_officer"
    STATISTICS = "statistics"
    DPO = "dpo"
    ADMIN = "admin"


class Right(StrEnum):
    """What an account may do."""

    LIVE = "live"  # passing traffic, plates masked
    ALERTS = "alerts"  # hits and alerts, and the passages they rest on
    SEARCH = "search"  # stored passages by plate
    CASES = "cases"  # section, lock and zone events, and the passages they rest on
    STATISTICS = "statistics"
    CAMERAS = "cameras"
    LISTS = "lists"
    LIST_CHANGES = "list_changes"
    SILENCES = "silences"  # what is not to be told for a while
    NETWORKS = "networks"  # messages to neighbourhood networks
    AUDIT = "audit"
    ACCOUNTS = "accounts"


class Purpose(StrEnum):
    """What the law lets stored passages be searched for (WPA art. 44/11/3decies)."""

    JUDICIAL = "judicial"
    TRAFFIC = "traffic"
    DISAPPEARANCE = "disappearance"
    ADMINISTRATIVE = "administrative"


PASSAGE_RIGHTS = frozenset({Right.LIVE, Right.ALERTS, Right.SEARCH, Right.CASES})
"""What shows passages: whoever watches over people's rights, or hands them out, has none of it."""

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OPERATOR: frozenset({Right.LIVE, Right.CAMERAS, Right.SILENCES}),
    Role.DISPATCHER: frozenset(
        {
            *(Right.LIVE, Right.ALERTS, Right.CAMERAS, Right.LISTS, Right.LIST_CHANGES),
            *(Right.SILENCES, Right.NETWORKS),
        }
    ),
    Role.PATROL: frozenset({Right.LIVE, Right.ALERTS}),
    Role.INVESTIGATOR: frozenset(
        {
            *(Right.LIVE, Right.ALERTS, Right.SEARCH, Right.CAMERAS, Right.LISTS),
            *(Right.LIST_CHANGES, Right.NETWORKS),
        }
    ),
    Role.TRAFFIC_OFFICER: frozenset(
        {
            *(Right.LIVE, Right.SEARCH, Right.CASES, Right.STATISTICS, Right.CAMERAS),
            *(Right.LISTS, Right.LIST_CHANGES),
        }
    ),
    Role.STATISTICS: frozenset({Right.STATISTICS, Right.CAMERAS}),
    Role.DPO: frozenset({Right.AUDIT}),
    Role.ADMIN: frozenset({Right.CAMERAS, Right.LISTS, Right.STATISTICS, Right.ACCOUNTS}),
}

PURPOSES: dict[Role, frozenset[Purpose]] = {
    Role.INVESTIGATOR: frozenset(Purpose),
    Role.TRAFFIC_OFFICER: frozenset({Purpose.TRAFFIC}),
}
"""For what a role may search; a role that is absent may not search at all."""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Give the rights that any of these roles brings."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


def purposes_of(roles: Iterable[Role]) -> frozenset[Purpose]:
    """Give the purposes for which any of these roles may search."""
    return frozenset().union(*(PURPOSES.get(role, frozenset()) for role in roles))
