"""The log on a broker that lets in by TLS, under an authority of its own, and by accounts."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.errors import LogError
from anpr.ports import Record, TopicSpec
from deploy.broker import Broker
from deploy.ports import free_port
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import KafkaSettings
from tests.pipeline.authority import Authority, Identity
from tests.pipeline.log_brokers import NEEDS_KAFKA, PATIENCE_S, KafkaBroker, Member, poll_until

pytestmark = [*NEEDS_KAFKA, pytest.mark.slow]

ONE = TopicSpec("one", partitions=1, retention=timedelta(days=1))

LISTENERS = """
listeners=SASL_SSL://$host:$port,SSL://$host:{mutual},SASL_PLAINTEXT://$host:{bare},\
CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=SASL_SSL://$host:$port,SSL://$host:{mutual},SASL_PLAINTEXT://$host:{bare}
listener.security.protocol.map=SASL_SSL:SASL_SSL,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,\
CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={pair}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config={accounts}
listener.name.sasl_plaintext.plain.sasl.jaas.config={accounts}
"""
ACCOUNTS = """org.apache.kafka.common.security.plain.PlainLoginModule required \
username="broker" password="between brokers" user_broker="between brokers" user_zone="let me in";"""
ACCOUNT = {
    "sasl_mechanism": "PLAIN",
    "sasl_plain_username": "zone",
    "sasl_plain_password": "let me in",
}


@dataclass(frozen=True)
class Guarded:
    """A broker with three doors: an account over TLS, a certificate over TLS, a bare account."""

    server: Broker
    authority: Authority
    zone: Identity
    mutual: str
    bare: str

    @property
    def account(self) -> Mapping[str, object]:
        return {"security_protocol": "SASL_SSL", **ACCOUNT, **self.trust}

    @property
    def trust(self) -> Mapping[str, object]:
        return {"ssl_cafile": str(self.authority.certificate)}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    authority = Authority(folder / "authority")
    mutual, bare = free_port(), free_port()
    settings = LISTENERS.format(
        mutual=mutual, bare=bare, accounts=ACCOUNTS, authority=authority.certificate,
        pair=authority.sign("broker", "IP:127.0.0.1").pair,
    )  # fmt: skip
    zone = authority.sign("zone")
    with Broker(folder / "kafka", heap_mb=256, settings=settings) as server:
        yield Guarded(server, authority, zone, f"127.0.0.1:{mutual}", f"127.0.0.1:{bare}")


def settings_for(address: str, security: Mapping[str, object]) -> KafkaSettings:
    return replace(KafkaBroker(address).settings, security=security)


def passes(settings: KafkaSettings) -> bool:
    """Use every client that a log has: of topics, of appends, of reads, of a group."""
    with closing(KafkaLog(settings)) as log:
        log.create([ONE])
        log.append("one", Record("key", b"value")).result(PATIENCE_S)
        member = Member(log, "group", "one")
        poll_until(lambda: bool(member.messages), member)
        return log.backlog("group", "one") == {0: 1} and len(log.read("one")) == 1


def refusal(address: str, security: Mapping[str, object]) -> str:
    settings = replace(settings_for(address, security), ask=timedelta(seconds=2))
    with pytest.raises(LogError) as refused:
        KafkaLog(settings)
    return str(refused.value)


def test_an_account_is_let_in_over_tls(guarded: Guarded) -> None:
    assert passes(settings_for(guarded.server.bootstrap, guarded.account))


def test_an_account_is_let_in_without_tls(guarded: Guarded) -> None:
    assert passes(settings_for(guarded.bare, {"security_protocol": "SASL_PLAINTEXT", **ACCOUNT}))


def test_a_certificate_is_let_in(guarded: Guarded) -> None:
    own = {"ssl_certfile": str(guarded.zone.certificate), "ssl_keyfile": str(guarded.zone.key)}
    given = {"security_protocol": "SSL", **guarded.trust, **own}
    assert passes(settings_for(guarded.mutual, given))


def test_who_has_no_certificate_where_one_is_asked_for_is_told_so(guarded: Guarded) -> None:
    told = refusal(guarded.mutual, {"security_protocol": "SSL", **guarded.trust})
    assert "check security_protocol" in told
    assert "ssl_certfile" in told


@pytest.mark.parametrize("door", ["over TLS", "bare"])
def test_a_wrong_password_is_told(guarded: Guarded, door: str) -> None:
    bare = {"security_protocol": "SASL_PLAINTEXT", **ACCOUNT}
    address, account = {
        "over TLS": (guarded.server.bootstrap, guarded.account),
        "bare": (guarded.bare, bare),
    }[door]
    told = refusal(address, {**account, "sasl_plain_password": "guess"})
    assert "it lets nobody in" in told
    assert "check security_protocol and the account" in told
    assert "guess" not in told


def test_a_broker_under_another_authority_is_not_trusted(guarded: Guarded, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "another authority")
    told = refusal(
        guarded.server.bootstrap, {**guarded.account, "ssl_cafile": str(other.certificate)}
    )
    assert f"the Kafka broker at {guarded.server.bootstrap} is not trusted" in told
    assert told.endswith("put the authority that signed it into ssl_cafile")


def test_a_broker_of_our_own_authority_is_not_trusted_unless_that_is_named(
    guarded: Guarded,
) -> None:
    security = {"security_protocol": "SASL_SSL", **ACCOUNT}
    assert "put the authority that signed it" in refusal(guarded.server.bootstrap, security)


def test_a_broker_is_reached_by_a_name_of_its_certificate(guarded: Guarded) -> None:
    by_name = guarded.server.bootstrap.replace("127.0.0.1", "localhost")
    assert "connect by a name that the certificate has" in refusal(by_name, guarded.account)
    unchecked = {**guarded.account, "ssl_check_hostname": False}
    assert passes(settings_for(by_name, unchecked))


def test_tls_where_the_broker_speaks_none_is_told(guarded: Guarded) -> None:
    assert "does not speak TLS as asked" in refusal(guarded.bare, guarded.account)


def test_no_tls_where_the_broker_wants_it_is_told(guarded: Guarded) -> None:
    assert "check security_protocol" in refusal(guarded.server.bootstrap, {})
