"""What is refused before any broker is asked."""

import pytest

from anpr.errors import LogError
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import KafkaSettings, require_version


def test_a_security_setting_is_spelt_right() -> None:
    with pytest.raises(LogError, match="no security setting sasl_user; there are sasl_kerb"):
        KafkaSettings("127.0.0.1:9092", security={"sasl_user": "anpr"})


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


def test_old_brokers_are_refused() -> None:
    require_version((3, 0))
    with pytest.raises(LogError, match=r"are version 2\.8\.1; upgrade them to 3\.0"):
        require_version((2, 8, 1))
