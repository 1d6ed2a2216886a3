"""A push's body: read up to its limit and no further, and the JPEG in it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from ingest.intake import Limits
from ingest.refusals import RefusedError, invalid

JPEG_TYPES = frozenset({"image/jpeg", "image/jpg"})
MULTIPART = "multipart/form-data"
JSON_TYPES = frozenset({"application/json"})

# A sender that goes on sending for long would not read an answer on a connection that goes on.
_CLOSE = {"Connection": "close"}

HEARD_OUT = 16
"""A refused body declared up to so many times the limit is heard out."""


def check_type(written: str | None, accepted: frozenset[str]) -> str:
    """Give the media type of a push. Raises RefusedError (415)."""
    media = media_type(written)
    if media in accepted:
        return media
    why = f"Content-Type must be one of: {', '.join(sorted(accepted))}"
    raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type", why)


def media_type(written: str | None) -> str:
    """Give a media type without its parameters."""
    return (written or "").partition(";")[0].strip().lower()


async def read_body(request: Request, limits: Limits) -> bytes:
    """Read a body whole. Raises RefusedError: 413 above the limit, 408 when it takes too long."""
    if (declared := _declared(request)) > limits.max_body_bytes:
        raise _too_large(limits, closes=declared > HEARD_OUT * limits.max_body_bytes)
    chunks = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            async with aclosing(request.stream()) as stream:
                async for chunk in stream:
                    size += len(chunk)
                    if size > limits.max_body_bytes:
                        raise _too_large(limits, closes=True)
                    chunks.append(chunk)
    except TimeoutError as error:
        why = f"the body took longer than {limits.body_timeout_s:g} s"
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "body_timeout", why, _CLOSE) from error
    except ClientDisconnect as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "disconnected", "the body broke off") from error
    return b"".join(chunks)


async def hear_out(request: Request, limits: Limits) -> None:
    """Let what is left of a refused body pass by, unkept.

    Many senders read the answer when all is sent, and take a connection that closes before for a
    network that fails. Those that wait for a go-ahead, or declare no length or too much, are not
    heard out.
    """
    if not 0 < _declared(request) <= HEARD_OUT * limits.max_body_bytes:
        return
    if "expect" in request.headers:
        return
    # A RuntimeError says that the body was read already, a disconnect that nobody waits any more.
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(limits.body_timeout_s), aclosing(request.stream()) as stream:
            async for _ in stream:
                pass


async def jpeg_in(request: Request, media: str, body: bytes) -> bytes:
    """Give the picture of a frame's body: the body, or the one image part of a form.

    Raises RefusedError (422) when a form is broken or has no or several JPEG files.
    """
    if media != MULTIPART:
        return body
    parser = MultiPartParser(request.headers, _once(body), max_files=4, max_fields=32)
    parser.spool_max_size = len(body) + 1
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError) as error:
        raise invalid("form", (("body",), "the form is broken. Send one JPEG file")) from error
    try:
        files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        images = [file for file in files if media_type(file.content_type) in JPEG_TYPES]
        if len(images) != 1:
            why = f"the form has {len(images)} files of type image/jpeg. Send one"
            raise invalid("form", (("body",), why))
        return await images[0].read()
    finally:
        await form.close()


def _declared(request: Request) -> int:
    try:
        return int(request.headers.get("content-length", 0))
    except ValueError:
        return 0


def _too_large(limits: Limits, *, closes: bool) -> RefusedError:
    why = f"the body is over {limits.max_body_bytes} bytes. Send a smaller picture or list"
    headers = _CLOSE if closes else None
    return RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", why, headers)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
