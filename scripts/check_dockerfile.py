"""Runs the Dockerfile without Docker: its RUN lines, then its server and health check.

Everything happens in an empty folder. What COPY would bring is what git and
.dockerignore let through, and the folders of the image (/app, /opt/venv, /data) become
folders in it. So a step that breaks is seen here; a wrong base image is not.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

IMAGE_FOLDERS = ("/opt/venv", "/app", "/data")
START_SECONDS = 30
KEPT = ("PATH", "LANG", "PIP_CERT", "PIP_FIND_LINKS", "SSL_CERT_FILE")
"""What of this machine a step sees: an image knows nothing else of it."""


class Instruction(NamedTuple):
    """One instruction of a Dockerfile, its continued lines joined."""

    keyword: str
    text: str


def parse(dockerfile: str) -> list[Instruction]:
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    pairs = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [Instruction(keyword, text) for keyword, text in pairs]


def copied_files() -> Iterable[Path]:
    """What ``COPY . ./`` brings; .dockerignore names what is let in after ``*``."""
    first, *patterns = [
        line
        for line in Path(".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    if first != "*":
        sys.exit(".dockerignore no longer begins with *: adapt this script.")
    admitted = tuple(name[1:] for name in patterns if name.startswith("!"))
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output([*listing, "-z"], text=True).split("\0"):
        inside = any(fnmatch.fnmatch(name, f"{top}/*") for top in admitted)
        if (name in admitted or inside) and Path(name).is_file():
            yield Path(name)


class Image:
    """The folder that stands for the image's file system."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.app = root / "app"
        self.app.mkdir()
        self.environment = {
            name: os.environ[name] for name in KEPT if name in os.environ
        }
        self.environment |= {"HOME": str(root), "ENV_FILE": os.devnull}

    def place(self, text: str) -> str:
        """Put the image's folders in ours."""
        for folder in IMAGE_FOLDERS:
            text = re.sub(
                rf"(?<![\w.-]){folder}(?![\w-])", f"{self.root}{folder}", text
            )
        return text

    def build(self, instructions: Iterable[Instruction]) -> None:
        """Carry out ENV, COPY and RUN in their order."""
        for keyword, text in instructions:
            if keyword == "ENV":
                self.set_variables(text)
            elif keyword == "COPY" and not text.startswith("--from="):
                self.copy(text)
            elif keyword == "RUN":
                self.run(text)

    def set_variables(self, text: str) -> None:
        for assignment in shlex.split(self.place(text)):
            name, _, value = assignment.partition("=")
            self.environment[name] = value.replace("$PATH", self.environment["PATH"])

    def copy(self, text: str) -> None:
        source = text.split(maxsplit=1)[0]
        files = copied_files() if source == "." else [Path(source)]
        for file in files:
            target = self.app / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)

    def run(self, text: str) -> None:
        print(f"RUN {text}", flush=True)
        subprocess.run(
            ["sh", "-ec", self.place(text)],
            cwd=self.app,
            env=self.environment,
            check=True,
        )

    def serve(self, command: str, health_command: str) -> None:
        """Start CMD over a new database, as production, until HEALTHCHECK passes."""
        environment = self.environment | {
            "PORT": str(free_port()),
            "BIND_ADDRESS": "127.0.0.1",
            "ALLOWED_HOSTS": "api.example.org",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "JWT_SIGNING_KEY": secrets.token_urlsafe(48),
        }
        migrate = ["python", "manage.py", "migrate", "--no-input", "--verbosity", "0"]
        self.execute(migrate, environment, check=True)
        print(f"CMD {command}", flush=True)
        server = self.start(json.loads(command), environment)
        try:
            self.wait_until_healthy(json.loads(health_command), environment)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=START_SECONDS)

    def wait_until_healthy(
        self, command: list[str], environment: Mapping[str, str]
    ) -> None:
        print(f"HEALTHCHECK {shlex.join(command)}", flush=True)
        deadline = time.monotonic() + START_SECONDS
        while self.execute(command, environment, check=False) != 0:
            if time.monotonic() > deadline:
                sys.exit("The server of the Dockerfile did not become healthy.")
            time.sleep(0.5)

    def execute(
        self, command: list[str], environment: Mapping[str, str], *, check: bool
    ) -> int:
        process = self.start(command, environment)
        if process.wait() and check:
            sys.exit(f"{shlex.join(command)} failed.")
        return process.returncode

    def start(
        self, command: list[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        program = shutil.which(command[0], path=environment["PATH"])
        if program is None:
            sys.exit(f"The Dockerfile's {command[0]} is not in its PATH.")
        return subprocess.Popen([program, *command[1:]], cwd=self.app, env=environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    instructions = parse(Path("Dockerfile").read_text())
    last = dict(instructions)
    with tempfile.TemporaryDirectory() as name:
        image = Image(Path(name))
        image.build(instructions)
        _, _, health_command = last["HEALTHCHECK"].partition("CMD ")
        image.serve(last["CMD"], health_command)
    print("The Dockerfile's steps, server and health check work.")


if __name__ == "__main__":
    main()
