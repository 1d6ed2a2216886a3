"""Logs are one JSON object a line, whoever speaks."""

import json
import subprocess
import sys

SPEAK = """
import logging, structlog
from pipeline.logging import configure_logging
configure_logging()
structlog.get_logger().info("zone_runs", stages=["rules"])
logging.getLogger("kafka.cluster").warning("the coordinator %s is dead", 1)
logging.getLogger("kafka.cluster").info("nobody needs this")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("it broke")
"""


def test_libraries_speak_as_the_product_does() -> None:
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", SPEAK], check=True, capture_output=True, text=True
    )
    ours, theirs, broken = map(json.loads, done.stderr.splitlines())
    assert (ours["event"], ours["level"], ours["stages"]) == ("zone_runs", "info", ["rules"])
    assert theirs["event"] == "the coordinator 1 is dead"
    assert (theirs["level"], theirs["logger"]) == ("warning", "kafka.cluster")
    assert theirs.keys() >= {"timestamp"}
    assert "ZeroDivisionError" in broken["exception"]
