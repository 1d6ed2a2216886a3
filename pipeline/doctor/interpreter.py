"""Which interpreter runs, and whether it was built to be fast."""

import sys
import sysconfig
from collections.abc import Mapping


def version() -> str:
    """Give the version alone, such as 3.11.7."""
    return sys.version.split()[0]


def is_optimised(built: Mapping[str, object] | None = None) -> bool | None:
    """Tell whether it was compiled by a profile of its own work (PGO); None where that is not told.

    `built` is what the build tells of itself, by the names of `sysconfig`; this one's without.
    """
    built = sysconfig.get_config_vars() if built is None else built
    if built.get("Py_DEBUG"):
        return False
    asked = str(built.get("CONFIG_ARGS") or "")
    if "--enable-optimizations" in asked:
        return True
    # A distribution may do it by rules of its own, as Debian does, which no variable tells.
    return None if not asked or "'--prefix=/usr'" in asked else False


def described() -> str:
    """Say which it is, in a few words."""
    words = {True: ", an optimised build", False: ", built without optimisation", None: ""}
    return f"{sys.implementation.name} {version()}{words[is_optimised()]}"
