"""Make the folder that docker-compose.yml mounts: the secrets that no default may stand for."""

import argparse
import secrets
from pathlib import Path

DATABASE = "database"
"""In the folder's `secrets`: where the store is and how to enter it, as one URL."""

NEXT = """\
{folder}: ready.
1. Put the zone's site file there, as site.toml. Its secrets are named file:/run/secrets/NAME
   and lie in {folder}/secrets, one file each: every camera's token, every channel's secret.
2. docker compose up --detach --wait
3. docker compose run --rm console user add NAME --role admin --role operator
Keep this folder out of backups that others can read, and out of version control."""


def prepare(folder: Path, database_host: str = "postgres:5432") -> None:
    """Write each secret that is missing; what is there stays as it is.

    The folder is the owner's alone; what lies in it can be read by the containers' users, to whom
    single files and `secrets` are mounted.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "secrets").mkdir(mode=0o755, exist_ok=True)
    password = _secret(folder / "postgres-password", secrets.token_urlsafe(32))
    _secret(folder / "grafana-password", secrets.token_urlsafe(24))
    url = f"postgresql://anpr:{password}@{database_host}/anpr"
    _secret(folder / "secrets" / DATABASE, url)


def _secret(path: Path, text: str) -> str:
    if not path.exists():
        path.touch(mode=0o644)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def main() -> None:
    """Prepare a folder, and say what comes next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("zone"))
    folder: Path = parser.parse_args().folder
    prepare(folder)
    print(NEXT.format(folder=folder))  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
