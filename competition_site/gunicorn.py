"""gunicorn's configuration: ``gunicorn -c python:competition_site.gunicorn``.

docs/operations.md lists the variables. On SQLite there is one writer, and without Redis
nothing that processes could count requests in together: there it is one worker and its
threads.
"""

import os
from pathlib import Path

import environ

from competition_site.configuration import default_workers
from competition_site.db import lines

environ.Env.read_env(
    Path(__file__).resolve().parent.parent / os.environ.get("ENV_FILE", ".env")
)
_default_workers = default_workers(
    os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
)
_shared_memory = Path("/dev/shm")  # noqa: S108 - workers' heartbeats, never on a disk

wsgi_app = "competition_site.wsgi:application"
address = os.environ.get("BIND_ADDRESS") or "127.0.0.1"
port = int(os.environ.get("PORT") or 8000)
bind = f"{address}:{port}"

worker_class = "competition_site.server.EnvelopeThreadWorker"
workers = int(os.environ.get("WEB_CONCURRENCY") or _default_workers)
threads = int(os.environ.get("WEB_THREADS") or 8)
max_requests = 2000
max_requests_jitter = 200
worker_tmp_dir = str(_shared_memory) if os.access(_shared_memory, os.W_OK) else None

timeout = 60
graceful_timeout = 30
keepalive = 5

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Django alone says which proxy is believed, by TRUSTED_PROXIES. Were gunicorn to
# believe one as well, a client on the same machine could claim https or a SCRIPT_NAME.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}

control_socket_disable = True  # else anybody with this account could steer the server
accesslog = None  # the application writes one JSON line a request
logconfig_dict = {
    "formatters": {"json": {"()": "competition_site.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "gunicorn.error": {
            "handlers": ["stderr"],
            "level": os.environ.get("LOG_LEVEL", "INFO").upper(),
            "propagate": False,
        },
    },
}


def on_starting(_server: object) -> None:
    """Before the workers are forked: their losers of a race stand in common lines."""
    lines.share()
