"""What is refused before any broker is asked."""

from pathlib import Path

import pytest

from anpr.errors import LogError
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import KafkaSettings, require_version
from tests.pipeline.old_broker import old_broker


def test_a_security_setting_is_spelt_right() -> None:
    with pytest.raises(LogError, match="no security setting sasl_user; there are sasl_kerb"):
        KafkaSettings("127.0.0.1:9092", security={"sasl_user": "anpr"})


def test_a_protocol_is_one_that_kafka_has() -> None:
    with pytest.raises(LogError, match="no security_protocol 'TLS'; there are PLAINTEXT, SSL"):
        KafkaLog(KafkaSettings("127.0.0.1:1", security={"security_protocol": "TLS"}))


@pytest.mark.parametrize("setting", ["ssl_cafile", "ssl_certfile", "ssl_crlfile"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_that_tls_cannot_use_is_named(
    tmp_path: Path, setting: str, content: str | None
) -> None:
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_text(content)
    security = {"security_protocol": "SSL", setting: str(path)}
    with pytest.raises(LogError, match=rf"{setting} '.*file\.pem' cannot be used \(.+\); correct"):
        KafkaLog(KafkaSettings("127.0.0.1:1", security=security))


def test_ciphers_that_there_are_not_are_named() -> None:
    security = {"security_protocol": "SSL", "ssl_ciphers": "ROT13"}
    with pytest.raises(LogError, match="ssl_ciphers 'ROT13' cannot be used"):
        KafkaLog(KafkaSettings("127.0.0.1:1", security=security))


def test_a_secret_is_not_shown() -> None:
    settings = KafkaSettings("127.0.0.1:9092", security={"sasl_plain_password": "hunter2"})
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("address", ["broker", "broker:", "broker:port", ":9092"])
def test_an_address_is_a_host_and_a_port(address: str) -> None:
    with pytest.raises(LogError, match="write HOST:PORT"):
        KafkaLog(KafkaSettings(address))


def test_brokers_that_cannot_be_reached_are_named() -> None:
    with pytest.raises(LogError, match=r"can be reached \(127\.0\.0\.1:1: .*start it"):
        KafkaLog(KafkaSettings("127.0.0.1:1"))


def test_a_prefix_is_made_of_what_topics_are_named_with() -> None:
    with pytest.raises(LogError, match="cannot begin a topic's name"):
        KafkaLog(KafkaSettings("127.0.0.1:1", prefix="Zone Rupel/"))


def test_old_brokers_are_refused_by_their_version() -> None:
    with old_broker() as address, pytest.raises(LogError, match=r"version 2\.8; upgrade them to"):
        KafkaLog(KafkaSettings(address))


def test_the_oldest_broker_that_will_do_is_3_0() -> None:
    require_version((3, 0))
    with pytest.raises(LogError, match=r"are version 2\.8\.1; upgrade them to 3\.0"):
        require_version((2, 8, 1))
