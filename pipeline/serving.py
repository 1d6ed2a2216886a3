"""The one application of a process: the cameras' routes and the people's, in one document."""

from functools import partial
from importlib.metadata import version
from threading import Event
from typing import TYPE_CHECKING

from fastapi import FastAPI
from sqlalchemy import Engine

from console.health import Ready, mount_health
from pipeline.controls import publish_list
from pipeline.stages import Parts
from pipeline.wiring import PACKAGES, VAULT, packer_of

if TYPE_CHECKING:
    from ingest.intake import Intake


def application(
    parts: Parts, engine: Engine | None, intake: "Intake | None", ready: Ready, stopping: Event
) -> FastAPI:
    """Make the application of what a process was asked for; without any, it tells how it is doing.

    `stopping` is set when the server wants to end.
    """
    app = FastAPI(title="zone-anpr", version=version("zone-anpr"), docs_url=None, redoc_url=None)
    if intake is not None:
        from ingest.http import camera_routes
        from ingest.refusals import answer_refusals
        from ingest.signs import sign_routes

        app.include_router(camera_routes(intake))
        app.include_router(sign_routes(intake))
        answer_refusals(app)
    if engine is not None and "console" in parts.settings.stages:
        _mount_console(app, parts, engine, ready, stopping)
    else:
        mount_health(app, ready)
    return app


def _mount_console(
    app: FastAPI, parts: Parts, engine: Engine, ready: Ready, stopping: Event
) -> None:
    """Join what the console works with."""
    from console.app import mount_console
    from console.context import Console
    from console.oidc import Elsewhere
    from sinks.store.vault import open_vault

    site, data, login = parts.site, parts.settings.data, parts.site.login
    console = Console(
        engine=engine,
        images=parts.images,
        site=site,
        lists=parts.controls.newest,
        now=parts.now,
        ready=ready,
        publish=partial(publish_list, parts.log),
        vault=open_vault(data / VAULT),
        secure_cookies=parts.settings.secure,
        is_stopping=stopping.is_set,
        elsewhere=Elsewhere(login, parts.secret, parts.now) if login else None,
        packer=packer_of(site, data, parts.secret),
        packages=data / PACKAGES,
    )
    mount_console(app, console)
