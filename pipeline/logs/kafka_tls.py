"""TLS to the brokers: whom we trust and who we are; tried once before any client is made.

A client that is refused only says that time ran out. A handshake of our own says why.
"""

import socket
import ssl
from collections.abc import Callable, Mapping

from anpr.errors import LogError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")

_UNTRUSTED = "put the authority that signed it into ssl_cafile"
_REMEDIES = {
    10: "have the broker's certificate renewed",
    62: "connect by a name that the certificate has, or have this one added to it",
    64: "connect by an address that the certificate has, or have this one added to it",
}
"""By OpenSSL's code of what is wrong with a certificate; all others mean an unknown authority."""


def tls_context(security: Mapping[str, object]) -> ssl.SSLContext | None:
    """Make what connections are secured with; None without TLS. Raises LogError naming the file."""
    protocol = security.get("security_protocol", "PLAINTEXT")
    if protocol not in PROTOCOLS:
        raise LogError(f"no security_protocol {protocol!r}; there are {', '.join(PROTOCOLS)}")
    if protocol not in {"SSL", "SASL_SSL"}:
        return None
    given = {key: str(text) for key, text in security.items() if key.startswith("ssl_")}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = bool(security.get("ssl_check_hostname", True))
    _trust(context, given)
    if certificate := given.get("ssl_certfile"):
        # Without a password OpenSSL would ask for one at the terminal.
        own = (certificate, given.get("ssl_keyfile"), given.get("ssl_password", ""))
        _load("ssl_certfile", own[0], lambda: context.load_cert_chain(*own))
    if ciphers := given.get("ssl_ciphers"):
        _load("ssl_ciphers", ciphers, lambda: context.set_ciphers(ciphers))
    return context


def handshake(address: str, connection: socket.socket, context: ssl.SSLContext) -> None:
    """Shake hands over a new connection. Raises LogError that says what does not fit."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        context.wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        remedy = _REMEDIES.get(error.verify_code, _UNTRUSTED)
        raise LogError(
            f"the certificate of the Kafka broker at {address} is not trusted"
            f" ({error.verify_message}); {remedy}"
        ) from error
    except (ssl.SSLError, ConnectionError, TimeoutError) as error:
        reason = getattr(error, "reason", None) or error
        raise LogError(
            f"the Kafka broker at {address} does not speak TLS as asked ({reason}); check its"
            " listener on this port, security_protocol, and ssl_certfile if it asks who we are"
        ) from error


def _trust(context: ssl.SSLContext, given: Mapping[str, str]) -> None:
    if authorities := given.get("ssl_cafile"):
        _load("ssl_cafile", authorities, lambda: context.load_verify_locations(authorities))
    else:
        context.load_default_certs()
    if revoked := given.get("ssl_crlfile"):
        _load("ssl_crlfile", revoked, lambda: context.load_verify_locations(revoked))
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _load(setting: str, given: str, load: Callable[[], None]) -> None:
    try:
        load()
    except OSError as error:  # an SSLError is one
        reason = getattr(error, "reason", None) or error.strerror or error
        raise LogError(f"{setting} {given!r} cannot be used ({reason}); correct it") from error
