"""Trusted time (RFC 3161): an authority outside says when a signature was there."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256

import httpx
from cryptography.x509 import load_pem_x509_certificate
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from anpr.errors import EvidenceError

QUERY = {"Content-Type": "application/timestamp-query"}


class TimeAuthority:
    """Asks one authority over HTTP."""

    def __init__(self, url: str, client: httpx.Client | None = None) -> None:
        self._url = url
        self._client = client or httpx.Client(timeout=10)

    def __call__(self, data: bytes) -> bytes:
        """Give the authority's response (DER) for these bytes. Raises EvidenceError."""
        builder = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.cert_request(cert_request=True).nonce(nonce=True).build()
        try:
            answer = self._client.post(self._url, content=request.as_bytes(), headers=QUERY)
            answer.raise_for_status()
            response = decode_timestamp_response(answer.content)
            told = response.tst_info
        except (httpx.HTTPError, ValueError) as error:
            msg = f"the time authority gives no time ({type(error).__name__}); export again later"
            raise EvidenceError(msg) from error
        if told.nonce != request.nonce or not _is_of(response, data):
            raise EvidenceError("the time authority answered another question; export again later")
        return answer.content


def told_time(response: bytes, data: bytes) -> datetime | None:
    """Give the time that a response tells of these bytes; None where it is of others."""
    with suppress(ValueError):
        told = decode_timestamp_response(response)
        if _is_of(told, data):
            moment: datetime = told.tst_info.gen_time
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None


def is_by(response: bytes, data: bytes, authorities: Sequence[str]) -> bool:
    """Say whether an authority of these root certificates (PEM) gave the response."""
    builder = VerifierBuilder()
    for pem in authorities:
        builder = builder.add_root_certificate(load_pem_x509_certificate(pem.encode()))
    try:
        answer = decode_timestamp_response(response)
        return bool(authorities) and builder.build().verify_message(answer, data)
    except (VerificationError, ValueError):
        return False


def _is_of(response: TimeStampResponse, data: bytes) -> bool:
    return bool(response.tst_info.message_imprint.message == sha256(data).digest())
