"""Until when a server's certificate is good."""

import ssl
from datetime import UTC, datetime

from anpr.errors import AnprError
from pipeline.settings import Tls


class CertificateError(AnprError):
    """The certificate cannot be presented. The message says why; give a good pair of PEM files."""


def good_until(tls: Tls) -> datetime:
    """Tell when the certificate expires, by a handshake with ourselves. Raises CertificateError."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    # Trusted for itself: who signed it is the browsers' affair, its dates are ours.
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        server.load_cert_chain(tls.certificate, tls.key)
        client.load_verify_locations(tls.certificate)
        known = _presented(server, client)
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(f"{tls.certificate}: {error.verify_message}; renew it") from error
    except ssl.SSLError as error:
        msg = f"{tls.certificate} and {tls.key} are no pair of PEM files ({error.reason})"
        raise CertificateError(f"{msg}; give the certificate and its own key") from error
    except OSError as error:
        raise CertificateError(f"{error.filename or tls.key}: {error.strerror}") from error
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(known["notAfter"])), UTC)


def _presented(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, object]:
    """Give what a client is told of the server's certificate, over two buffers in memory."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(back, there)
    far = server.wrap_bio(there, back, server_side=True)
    for side in (near, far, near):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return dict(near.getpeercert() or {})
