"""Starts nginx as deploy/nginx.conf says, for tests: without TLS, before one server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.servers import ROOT, free_port, wait_for

NO_NGINX = "no nginx: install Debian's nginx-light"
_SNIPPET = "/etc/nginx/snippets/competition_site-refusal.conf"
_MEDIA = "/var/lib/competition_site/media/"
_FRAME = """
user root;
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def site(*, port: int, server_port: int, media: Path) -> str:
    """The configuration as it is, but for addresses, folders and TLS."""
    text = (ROOT / "deploy/nginx.conf").read_text()
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server_port}")
    text = text.replace(_SNIPPET, str(ROOT / "deploy/competition_site-refusal.conf"))
    text = text.replace(_MEDIA, f"{media}/")
    text = re.sub(r"\n    listen 80;", f"\n    listen 127.0.0.1:{free_port()};", text)
    text = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", text)
    return re.sub(r"\n    ssl_[^\n]*", "", text)


@contextmanager
def nginx_before(server_port: int, *, media: Path) -> Iterator[str]:
    """The address of an nginx before a server; without nginx a test fails in CI."""
    if shutil.which("nginx") is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_NGINX)
        pytest.skip(NO_NGINX)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="competition-site-nginx-") as folder:
        configuration = Path(folder) / "nginx.conf"
        here = site(port=port, server_port=server_port, media=media)
        configuration.write_text(_FRAME.format(folder=folder, site=here))
        process = subprocess.Popen(["nginx", "-c", str(configuration), "-p", folder])
        try:
            wait_for(lambda: answers(port), "nginx answers")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def answers(port: int) -> bool:
    try:
        requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5)
    except requests.ConnectionError:
        return False
    return True
