"""Checks both databases: no migration is missing, and production's checks pass."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mongod import find_mongod, start_replica_set

PRODUCTION = {
    "ENV_FILE": os.devnull,
    "ENVIRONMENT": "production",
    "ALLOWED_HOSTS": "api.example.org",
    "CORS_ALLOWED_ORIGINS": "https://example.org",
    "FRONTEND_URL": "https://example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "TRUSTED_PROXIES": "1",
}
COMMANDS = (
    ("makemigrations", "--check", "--dry-run"),
    ("migrate", "--no-input", "--verbosity", "0"),
    ("check", "--deploy", "--fail-level", "WARNING", "--database", "default"),
)


def passes(database_url: str, directory: Path) -> bool:
    """Run every command as production would; print what they have to say."""
    environment = os.environ | PRODUCTION
    environment |= {
        "DATABASE_URL": database_url,
        "MEDIA_ROOT": str(directory / "media"),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SIGNING_KEY": secrets.token_urlsafe(48),
    }
    results = [
        subprocess.run(
            [sys.executable, "manage.py", *command], env=environment, check=False
        )
        for command in COMMANDS
    ]
    return all(result.returncode == 0 for result in results)


def main() -> int:
    """Return 1 when a check fails, or in CI when there is no mongod to check with."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        print("SQLite:", flush=True)
        sound = passes(f"sqlite:///{directory}/check.sqlite3", directory)
        if find_mongod() is None:
            print("MongoDB: not checked, no mongod here (MONGOD_BIN names one)")
            return int(not sound or os.environ.get("CI") == "true")
        print("MongoDB:", flush=True)
        url = start_replica_set().url_of("check")
        return int(not (passes(url, directory) and sound))


if __name__ == "__main__":
    sys.exit(main())
