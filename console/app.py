"""Putting the console into the app: its routes, its pages, its headers and its refusals."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from console import (
    api_alerting,
    api_analysis,
    api_cases,
    api_counts,
    api_dossiers,
    api_events,
    api_passages,
    api_questions,
    api_requests,
    api_traffic,
    api_work,
    api_zone,
    health,
    live,
    pages,
    pages_alerting,
    pages_alerts,
    pages_audit,
    pages_elsewhere,
    pages_lists,
    pages_login,
    pages_me,
    pages_passage,
    pages_people,
    pages_questions,
    pages_requests,
    pages_review,
    pages_search,
    pages_statistics,
    pages_travel,
    pages_zone,
    streams,
)
from console.context import Console
from console.problems import handle_problems
from console.rates import RateLimits
from console.security import SecurityHeaders

ROUTERS = (
    health.router,
    api_passages.router,
    streams.router,
    api_events.router,
    api_counts.router,
    api_zone.router,
    api_work.router,
    api_alerting.router,
    api_cases.router,
    api_analysis.router,
    api_traffic.router,
    api_questions.router,
    api_requests.router,
    api_dossiers.router,
    pages_login.router,
    pages_elsewhere.router,
    pages_search.router,
    pages_questions.router,
    pages_requests.router,
    live.router,
    pages.router,
    pages_audit.router,
    pages_alerts.router,
    pages_alerting.router,
    pages_passage.router,
    pages_review.router,
    pages_lists.router,
    pages_zone.router,
    pages_statistics.router,
    pages_travel.router,
    pages_people.router,
    pages_me.router,
)


def mount_console(app: FastAPI, console: Console) -> None:
    """Give the app the console: everything people and systems use, under its own addresses."""
    app.state.console = console
    app.state.ready = console.ready
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    handle_problems(app)
    app.add_middleware(RateLimits, now=console.now)
    tiles = console.site.map.origin
    app.add_middleware(SecurityHeaders, is_https=console.secure_cookies, tiles=tiles)
