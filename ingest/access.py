"""Who pushes: a camera's token, as a bearer token or as the password of HTTP Basic."""

import binascii
import hmac
from base64 import b64decode
from http import HTTPStatus

import structlog

from anpr.errors import SecretError
from anpr.sites import Camera
from ingest.intake import Intake
from ingest.refusals import RefusedError

CHALLENGE = 'Basic realm="cameras", Bearer realm="cameras"'

log = structlog.get_logger()


def admit(intake: Intake, camera: Camera | None, authorization: str | None) -> Camera:
    """Give the camera whose token this is.

    Raises RefusedError: 404 unknown camera, 403 no token in the site, 401 missing or wrong token,
    503 a token whose reference leads nowhere.
    """
    if camera is None:
        why = "no such camera in the site file. Check the id in the address"
        raise RefusedError(HTTPStatus.NOT_FOUND, "unknown_camera", why)
    if camera.token is None:
        why = "this camera has no token in the site file, so it cannot push. Give it one"
        raise RefusedError(HTTPStatus.FORBIDDEN, "no_token", why)
    check_token(intake, camera.id, camera.token, authorization)
    return camera


def check_token(intake: Intake, name: str, reference: str, authorization: str | None) -> None:
    """Let the named sender push with the token behind a reference.

    Raises RefusedError: 401 missing or wrong token, 503 a reference that leads nowhere.
    """
    try:
        token = intake.secret(reference)
    except SecretError as error:
        # No traceback: a renderer that shows locals would show the header with the token.
        log.error("token_missing", sender=name, error=str(error))  # noqa: TRY400
        why = "the token cannot be read here. An operator must set it"
        raise intake.later(HTTPStatus.SERVICE_UNAVAILABLE, "secret", why) from error
    # An empty secret admits nobody: no token would equal it.
    if token and hmac.compare_digest(_token_of(name, authorization), token.encode()):
        return
    why = "the token is missing or wrong. Send `Authorization: Bearer TOKEN`, or Basic id:token"
    raise RefusedError(
        HTTPStatus.UNAUTHORIZED, "unauthorized", why, {"WWW-Authenticate": CHALLENGE}
    )


def _token_of(sender: str, authorization: str | None) -> bytes:
    """Give the token that a header carries for a sender; empty when it carries none."""
    scheme, _, credentials = (authorization or "").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials.encode("latin-1")
    if scheme.lower() != "basic":
        return b""
    try:
        name, _, token = b64decode(credentials, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b""
    return token if name == sender.encode() else b""
