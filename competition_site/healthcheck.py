"""Asks /health/live of the server in this container: ends with 0 when it answers."""

import os
import sys
import urllib.request


def main() -> int:
    """Return 1 when the API doesn't answer in three seconds."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/health/live",
        headers={"Host": os.environ.get("ALLOWED_HOSTS", "").split(",")[0]},
    )
    try:
        with urllib.request.urlopen(request, timeout=3):  # noqa: S310 - always http
            return 0
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
