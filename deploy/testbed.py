"""Run a command beside a real broker and a real database: `python -m deploy.testbed COMMAND…`.

The command finds them in KAFKA_BOOTSTRAP and ANPR_TEST_DATABASE; both are thrown away after it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.cluster import Servers


def main() -> int:
    """Start both, run the command, stop both; return the command's exit status."""
    command = sys.argv[1:]
    if not command:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="anpr-testbed-") as folder:
        Path(folder).chmod(0o755)  # the database server runs as a user of its own
        with Servers(Path(folder)) as servers:
            environ = {
                **os.environ,
                "KAFKA_BOOTSTRAP": servers.broker.bootstrap,
                "ANPR_TEST_DATABASE": servers.postgres.url,
            }
            return subprocess.run(command, env=environ, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
