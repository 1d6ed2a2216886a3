"""kafka-python, imported in this one place; its clients are opened here, with errors to act on."""

import logging
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from anpr.errors import LogError
from pipeline.logs.kafka_tls import handshake, tls_context

with warnings.catch_warnings():
    # On Python 3.11 and 3.12 it reads its schemas by a deprecated call.
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import (  # type: ignore[import-untyped]
        ConsumerRebalanceListener,
        KafkaAdminClient,
        KafkaConsumer,
        KafkaProducer,
        OffsetAndMetadata,
        TopicPartition,
    )
    from kafka import errors as kafka_errors
    from kafka.admin import ConfigResource, ConfigResourceType  # type: ignore[import-untyped]
    from kafka.consumer.fetcher import Fetcher  # type: ignore[import-untyped]
    from kafka.coordinator.assignors.cooperative_sticky import (  # type: ignore[import-untyped]
        CooperativeStickyAssignor,
    )
    from kafka.net.compat import KafkaNetClient  # type: ignore[import-untyped]
    from kafka.net.inet import KafkaNetSocket  # type: ignore[import-untyped]
    from kafka.producer.producer_batch import ProducerBatch  # type: ignore[import-untyped]
    from kafka.record.memory_records import MemoryRecordsBuilder  # type: ignore[import-untyped]
    from kafka.structs import MemberState  # type: ignore[import-untyped]

PartitionRecords = Fetcher.PartitionRecords

__all__ = [
    "ConfigResource",
    "ConfigResourceType",
    "ConsumerRebalanceListener",
    "CooperativeStickyAssignor",
    "KafkaAdminClient",
    "KafkaConsumer",
    "KafkaProducer",
    "KafkaSettings",
    "MemberState",
    "MemoryRecordsBuilder",
    "OffsetAndMetadata",
    "PartitionRecords",
    "ProducerBatch",
    "TopicPartition",
    "kafka_errors",
    "ms",
    "open_client",
    "require_version",
    "spoken",
]

# At DEBUG it writes keys and values, and those are plates.
logging.getLogger("kafka").setLevel(logging.WARNING)
# While a broker is away, every client tells of every attempt.
logging.getLogger("kafka.net").setLevel(logging.CRITICAL)

OLDEST_BROKER = (3, 0)
"""Commits of several groups in one answer (KIP-709), cooperative rebalances, epoch bumps."""

SECURITY = frozenset(
    {
        "security_protocol",
        "sasl_mechanism",
        "sasl_plain_username",
        "sasl_plain_password",
        "sasl_oauth_token_provider",
        "sasl_kerberos_service_name",
        "sasl_kerberos_domain_name",
        "ssl_cafile",
        "ssl_certfile",
        "ssl_keyfile",
        "ssl_password",
        "ssl_crlfile",
        "ssl_check_hostname",
        "ssl_ciphers",
    }
)
"""What may be said about how to be let in, by kafka-python's names."""


REFRESH = timedelta(milliseconds=500)
"""How old a backlog may be for somebody who waits for it."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where the brokers are, and how patient the zone is with them.

    `bootstrap`: HOST:PORT, several with commas. `prefix` stands before the name of every topic and
    group: zones with different ones share a cluster and see nothing of each other. `security`: see
    SECURITY; secrets resolved. `replication`: copies of a new topic; None leaves it to the brokers.
    `session`: a member silent for so long is dead, and others take over. `heartbeat`: how soon a
    member hears that the group changes. `turn`: a member that takes longer from one poll to the
    next is put out. `deliver`: how long an append is tried. `ask`: how long any other answer is
    waited for. `refresh`: how old a backlog may be.
    """

    bootstrap: str
    prefix: str = ""
    security: Mapping[str, object] = field(default_factory=dict, repr=False)
    replication: int | None = None
    session: timedelta = timedelta(seconds=10)
    heartbeat: timedelta = timedelta(seconds=1)
    turn: timedelta = timedelta(minutes=5)
    deliver: timedelta = timedelta(seconds=30)
    ask: timedelta = timedelta(seconds=10)
    refresh: timedelta = REFRESH

    def __post_init__(self) -> None:
        if unknown := self.security.keys() - SECURITY:
            raise LogError(
                f"Kafka has no security setting {', '.join(sorted(unknown))}; "
                f"there are {', '.join(sorted(SECURITY))}"
            )


def ms(duration: timedelta) -> int:
    """Count the whole milliseconds of a duration, as Kafka's settings have it."""
    return duration // timedelta(milliseconds=1)


_sockets: WeakKeyDictionary[Any, WeakSet[socket.socket]] = WeakKeyDictionary()
"""The connections that were begun, by the loop that serves them."""


class _Direct(KafkaNetSocket):  # type: ignore[misc] # it has no types
    """A connection that closes its socket where it fails.

    The client's own leaves it to the garbage collector. It is chosen as a proxy would be.
    """

    SCHEMES = ("direct",)

    async def sock_connect(
        self, net: Any, sock: socket.socket, address: Any, timeout_at: float | None = None
    ) -> socket.socket:
        """Connect. Raises what the client's own raises."""
        _sockets.setdefault(net, WeakSet()).add(sock)
        try:
            await super().sock_connect(net, sock, address, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise
        return sock


class _Network(KafkaNetClient):  # type: ignore[misc] # it has no types
    """The client's connections; one that is being made while it closes is closed as well."""

    def close(self, node_id: object = None) -> None:
        """Close the connection to a broker, or all, and their thread."""
        super().close(node_id)
        if node_id is None:
            for sock in _sockets.pop(self._net, ()):
                sock.close()


_CHECK_ENTRY = "check security_protocol and the account, or ssl_certfile where that stands for one"


def open_client(make: Callable[..., Any], settings: KafkaSettings, **config: object) -> Any:
    """Open a client of kafka-python. Raises LogError when no broker answers, or an old one."""
    context = tls_context(settings.security)
    _require_reachable(settings, context)
    # The context holds what the files said, and what the client does not know how to read.
    security = {key: one for key, one in settings.security.items() if not key.startswith("ssl_")}
    begun: list[Any] = []

    def network(**network_config: object) -> Any:
        begun.append(_Network(**network_config))
        return begun[-1]

    try:
        with spoken("it lets nobody in", settings, _CHECK_ENTRY):
            client = make(
                bootstrap_servers=settings.bootstrap.split(","),
                bootstrap_timeout_ms=ms(settings.ask),
                kafka_client=network,
                proxy_url="direct://",
                ssl_context=context,
                **security,
                **config,
            )
    except LogError:
        # A constructor that fails leaves its thread and its connections behind.
        for net in begun:
            with suppress(Exception):
                net.close()
        raise
    # Only an administrator's client does not say what it found.
    require_version(client.config["api_version"] or OLDEST_BROKER)
    return client


def require_version(version: tuple[int, ...]) -> None:
    """Raise LogError where the brokers are too old."""
    if version < OLDEST_BROKER:
        found, oldest = (".".join(map(str, one)) for one in (version, OLDEST_BROKER))
        raise LogError(f"the Kafka brokers are version {found}; upgrade them to {oldest} or later")


@contextmanager
def spoken(what: str, settings: KafkaSettings, remedy: str = "") -> Iterator[None]:
    """Turn what kafka-python raises into a LogError that says what to do."""
    try:
        yield
    except (kafka_errors.KafkaError, OSError, ValueError, RuntimeError) as error:
        raise LogError(
            f"Kafka at {settings.bootstrap}: {what} ({type(error).__name__});"
            f" {remedy or _remedy(error)}"
        ) from error


def _remedy(error: Exception) -> str:
    remedies = {
        kafka_errors.SaslAuthenticationFailedError: "check sasl_plain_username and its password",
        kafka_errors.AuthorizationError: "grant the account this right on the zone's prefix",
        kafka_errors.UnsupportedVersionError: "upgrade the brokers",
        kafka_errors.RetriableError: "see that the brokers run; it is tried again",
        OSError: "see that the brokers run and can be reached",
    }
    fitting = (remedy for kind, remedy in remedies.items() if isinstance(error, kind))
    return next(fitting, "see the brokers' log")


def _require_reachable(settings: KafkaSettings, context: ssl.SSLContext | None) -> None:
    """Knock before a client is made: it would try for long, and keep what it began."""
    reasons = []
    for address in settings.bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        if not host or not port.isdecimal():
            raise LogError(f"{address!r} is no Kafka address; write HOST:PORT")
        try:
            connection = socket.create_connection((host.strip("[]"), int(port)), timeout=5)
        except OSError as error:
            reasons.append(f"{address}: {error.strerror or error}")
            continue
        with connection:
            if context is not None:
                handshake(address.strip(), connection, context)
        return
    raise LogError(
        f"no Kafka broker can be reached ({'; '.join(reasons)}); start it, or correct the address"
    )
