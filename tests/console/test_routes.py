"""Every route as every role: each opens what a task needs and no more, and none is forgotten."""

import httpx
import pytest
from fastapi.routing import APIRoute

from console.app import ROUTERS
from sinks.store.rights import Role
from tests.console.zone import Zone, access, hit, passage

ADMIN, DPO = {Role.ADMIN}, {Role.DPO}
EVERYBODY = set(Role)
ALERTED = {Role.DISPATCHER, Role.PATROL, Role.INVESTIGATOR}
CASEWORKERS = {Role.TRAFFIC_OFFICER}
SEARCHERS = {Role.INVESTIGATOR, Role.TRAFFIC_OFFICER}
EDITORS = {Role.DISPATCHER, *SEARCHERS}
LISTS = {*EDITORS, Role.ADMIN}
CAMERAS = {*LISTS, Role.OPERATOR, Role.STATISTICS}
FIGURES = {Role.TRAFFIC_OFFICER, Role.STATISTICS, Role.ADMIN}
SILENCERS = {Role.OPERATOR, Role.DISPATCHER}
WRITERS = {Role.DISPATCHER, Role.INVESTIGATOR}
WATCHERS = {*ALERTED, Role.OPERATOR, Role.TRAFFIC_OFFICER}
OPENERS = {*ALERTED, Role.TRAFFIC_OFFICER}
"""Who opens passages: a hit or a case rests on them, or a search has found them."""

PUBLIC = "without signing in"

OPEN_TO: dict[str, set[Role] | str] = {
    **dict.fromkeys(("GET /healthz", "GET /readyz", "GET /metrics"), PUBLIC),
    **dict.fromkeys(("GET /login", "POST /login", "POST /logout", "POST /language"), PUBLIC),
    "GET /nowhere": PUBLIC,
    **dict.fromkeys(("GET /login/elsewhere", "GET /login/back"), PUBLIC),
    "GET /": EVERYBODY,  # leads each to the first page of theirs
    "GET /live/stream": WATCHERS,
    **dict.fromkeys(("GET /me", "POST /me/password", "POST /me/phone"), EVERYBODY),
    **dict.fromkeys(("GET /api/hits", "GET /api/alerts", "GET /api/alerts/stream"), ALERTED),
    **dict.fromkeys(
        ("POST /alerts/{alert}/feedback", "POST /api/alerts/{alert}/feedback"), ALERTED
    ),
    **dict.fromkeys(("POST /api/passages/{passage}/corrections",), OPENERS),
    "POST /api/cases/{case}/reviews": CASEWORKERS,
    **dict.fromkeys(("GET /patrol", "POST /patrol/{alert}"), ALERTED),
    **dict.fromkeys(("GET /alerts/{alert}", "GET /api/alerts/{alert}"), ALERTED),
    "GET /api/precision": ALERTED,
    **dict.fromkeys(("GET /silences", "POST /silences", "POST /silences/{number}"), SILENCERS),
    **dict.fromkeys(("GET /api/silences", "POST /api/silences"), SILENCERS),
    "DELETE /api/silences/{number}": SILENCERS,
    **dict.fromkeys(("POST /lists/{name}/restore", "POST /api/lists/{name}/restore"), EDITORS),
    **dict.fromkeys(("GET /networks", "POST /networks", "POST /networks/{number}"), WRITERS),
    **dict.fromkeys(("GET /api/networks/messages", "POST /api/networks/messages"), WRITERS),
    "POST /api/networks/messages/{number}/decision": WRITERS,
    **dict.fromkeys(("GET /search", "POST /search", "POST /api/passages/search"), SEARCHERS),
    "POST /api/lists/{name}/past": SEARCHERS,
    **dict.fromkeys(("POST /api/questions/trail", "POST /api/questions/habits"), SEARCHERS),
    **dict.fromkeys(("POST /api/questions/couriers", "POST /api/questions/convoy"), SEARCHERS),
    **dict.fromkeys(("POST /api/questions/areas", "POST /api/questions/export"), SEARCHERS),
    **dict.fromkeys(("POST /api/requests", "POST /api/requests/{number}/decision"), SEARCHERS),
    **dict.fromkeys(
        ("GET /questions", "GET /questions/{kind}", "POST /questions/{kind}"), SEARCHERS
    ),
    **dict.fromkeys(("GET /requests", "POST /requests/{number}"), SEARCHERS),
    **dict.fromkeys(("GET /api/dossiers", "POST /api/dossiers/keep"), SEARCHERS),
    **dict.fromkeys(("GET /api/dossiers/{number}", "GET /api/dossiers/{number}/annex"), SEARCHERS),
    "POST /api/dossiers/{number}/notes": SEARCHERS,
    "PUT /api/dossiers/{number}/closed": SEARCHERS,
    **dict.fromkeys(("GET /dossiers", "GET /dossiers/{number}"), SEARCHERS),
    "POST /dossiers/{number}": SEARCHERS,
    "GET /api/requests": SEARCHERS | DPO,
    **dict.fromkeys(("GET /urgent", "POST /urgent/{number}"), DPO),
    "POST /api/requests/{number}/review": DPO,
    **dict.fromkeys(("GET /passages/{passage}", "POST /passages/{passage}/plate"), OPENERS),
    **dict.fromkeys(("GET /api/passages/{passage}", "GET /api/images/{sha256}"), OPENERS),
    **dict.fromkeys(("GET /api/violations", "GET /api/locks", "GET /api/accesses"), CASEWORKERS),
    "GET /api/events/{event}/history": CASEWORKERS,
    "GET /api/statistics/overtaking": CASEWORKERS,
    **dict.fromkeys(("GET /cases", "GET /review"), CASEWORKERS),
    **dict.fromkeys(("GET /cases/{case}", "POST /cases/export"), CASEWORKERS),
    **dict.fromkeys(("GET /cases/export", "GET /cases/export/{name}"), CASEWORKERS),
    **dict.fromkeys(("GET /api/cases/export",), CASEWORKERS),
    "POST /cases/{case}/resend/{consignment}": CASEWORKERS,
    "POST /api/cases/{case}/consignments/{consignment}/resend": CASEWORKERS,
    **dict.fromkeys(("POST /cases/{case}/accept", "POST /cases/{case}/{act}"), CASEWORKERS),
    **dict.fromkeys(("GET /api/cases", "GET /api/cases/{case}"), CASEWORKERS),
    **dict.fromkeys(("POST /api/cases/{case}/decision", "POST /api/cases/export"), CASEWORKERS),
    **dict.fromkeys(("GET /review/{case}", "POST /review/{case}"), CASEWORKERS),
    **dict.fromkeys(("GET /api/lists", "GET /api/lists/{name}"), LISTS),
    **dict.fromkeys(("GET /lists", "GET /lists/{name}"), LISTS),
    **dict.fromkeys(("GET /lists/new", "GET /lists/{name}/edit"), EDITORS),
    **dict.fromkeys(("POST /lists/{name}/preview", "POST /lists/{name}/import"), EDITORS),
    **dict.fromkeys(("GET /proposals/{number}", "POST /proposals/{number}"), EDITORS),
    **dict.fromkeys(("GET /api/cameras", "GET /cameras", "GET /dashboard", "GET /map"), CAMERAS),
    **dict.fromkeys(("GET /api/statistics/counts", "GET /api/statistics/travel-times"), FIGURES),
    **dict.fromkeys(("GET /api/statistics/clock-drift", "GET /api/statistics/capture"), FIGURES),
    **dict.fromkeys(("GET /api/statistics/dark", "GET /statistics"), FIGURES),
    **dict.fromkeys(("GET /api/statistics/flows", "GET /api/statistics/balance"), FIGURES),
    **dict.fromkeys(("GET /api/statistics/speeds", "GET /api/statistics/trucks"), FIGURES),
    **dict.fromkeys(("GET /api/statistics/compliance", "GET /api/statistics/through"), FIGURES),
    **dict.fromkeys(("GET /api/statistics/compare", "GET /statistics/capture"), FIGURES),
    "GET /api/statistics/published/{table}": FIGURES,
    **dict.fromkeys(("GET /statistics/course", "GET /statistics/flows"), FIGURES),
    **dict.fromkeys(("GET /statistics/speeds", "GET /statistics/compare"), FIGURES),
    **dict.fromkeys(("GET /statistics/published", "GET /statistics/travel-times"), FIGURES),
    **dict.fromkeys(
        ("GET /api/statistics/datex/measured", "GET /api/statistics/datex/sites"), FIGURES
    ),
    **dict.fromkeys(("GET /audit", "GET /audit/report", "POST /audit/plates"), DPO),
    **dict.fromkeys(("GET /people", "POST /people", "POST /people/{name}/roles"), ADMIN),
    **dict.fromkeys(("POST /people/{name}/password", "POST /people/{name}/disable"), ADMIN),
}
"""What the console has, and to whom it opens. A new route finds its place here."""


def test_every_route_has_its_place_in_the_table() -> None:
    routes = {
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes == set(OPEN_TO)


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_opens_to_the_roles_of_its_task_alone(
    zone: Zone, client: httpx.Client, role: Role | None
) -> None:
    """Streams end by themselves here; what a page then says is for its own tests."""
    seen = passage("a", "1STL666")
    zone.store([seen], [hit(seen), access(seen)])
    zone.stop()
    values = {
        "{alert}": str(zone.raise_alert(hit(seen))), "{passage}": seen.id, "{name}": "gestolen",
        "{sha256}": "0" * 64, "{case}": "none", "{event}": "none", "{number}": "1",
        "{kind}": "trail", "{act}": "reject", "{table}": "counts",
    }  # fmt: skip
    headers = {} if role is None else {"Authorization": f"Bearer {zone.account('x', role)}"}
    wrong: dict[str, int] = {}
    for name, roles in OPEN_TO.items():
        method, path = name.split()
        for place, value in values.items():
            path = path.replace(place, value)
        path += f"?passage={seen.id}" if "images" in path else ""
        body = {"plate": "1STL666"} if name.startswith("POST /api") else None
        answer = client.request(method, path, headers=headers, json=body)
        is_refused = answer.status_code in {401, 403} or _leads_to_login(answer)
        is_wrong = roles != PUBLIC and is_refused is (role in roles)
        if answer.status_code >= 500 or is_wrong:
            wrong[name] = answer.status_code
    assert wrong == {}


def _leads_to_login(answer: httpx.Response) -> bool:
    return str(answer.headers.get("location", "")).startswith("/login")


def test_who_watches_over_rights_or_hands_them_out_opens_no_passage() -> None:
    passages = {"GET /api/passages/{passage}", "GET /api/images/{sha256}", "GET /live/stream"}
    for name in passages:
        roles = OPEN_TO[name]
        assert isinstance(roles, set)
        assert not roles & {*DPO, *ADMIN}
