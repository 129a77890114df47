"""Runs the real keeper of a template, with a real environment, in bubblewrap and with pasta."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from attempt_runner import BOOTSTRAP, PYTHON_FOLDER, dlt_environment, find_tool

BINDS_FOLDER = "/run"
UID = 61_500
PASTA = ["--quiet", "--config-net", "--no-map-gw", "--address", "10.0.2.100", "--netmask", "24", "--gateway", "10.0.2.2"]
CLOSED_NETWORK = "198.18.0.0/15"
PASTA_PORTS = ["--tcp-ports", "none", "--udp-ports", "none", "--udp-ns", "none"]


def drop_to() -> dict | None:
    """The user of runs: as root, one without privileges."""
    return {"uid": UID, "gid": UID} if os.geteuid() == 0 else None


class TemplateRunner:
    """A template and its keeper."""

    def __init__(self, modules: list[str] | None = None, environment: str | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pumphouse-template-"))
        self.environment = environment or dlt_environment()
        descriptor = os.memfd_create("plan")
        os.write(descriptor, json.dumps(self._plan(modules or [])).encode())
        os.lseek(descriptor, 0, os.SEEK_SET)
        command = [sys.executable, "-I", "-S", str(BOOTSTRAP / "template_keeper"), str(descriptor)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.keeper = subprocess.Popen(command, pass_fds=(descriptor,), text=True, cwd="/", **pipes)
        os.close(descriptor)
        self.report = json.loads(self.keeper.stdout.readline())

    def attempt_fields(self, work: str, inside: str) -> dict:
        """Fields of start.json."""
        return {
            "template": {"folder": str(self.folder), "join_files": [], "mounts": [{"source": work, "target": inside}]},
            "drop_to": drop_to(),
        }

    def connect(self) -> socket.socket:
        """Connect to the keeper like a bootstrap."""
        descriptor = os.open(self.folder, os.O_PATH)
        try:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connection.connect(f"/proc/self/fd/{descriptor}/socket")
            return connection
        finally:
            os.close(descriptor)

    def log(self) -> str:
        return (self.folder / "template.log").read_text()

    def end(self) -> None:
        if self.keeper.poll() is None:
            self.keeper.stdin.close()
            self.keeper.wait()
        for pipe in (self.keeper.stdin, self.keeper.stdout):
            pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _plan(self, modules: list[str]) -> dict:
        is_root = os.geteuid() == 0
        own = [self.environment, os.path.realpath(sys.base_prefix), str(PYTHON_FOLDER)]
        sources = [f"{BINDS_FOLDER}/{index}" for index in range(len(own))] if is_root else own
        variables = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp/home", "PYTHONUNBUFFERED": "1"}
        python = [f"{self.environment}/bin/python", "-u", str(BOOTSTRAP / "inside/template/__main__.py")]
        return {
            "folder": str(self.folder),
            "network": {"pasta": [find_tool("pasta"), *PASTA, *(["--runas", "0"] if is_root else []), *PASTA_PORTS], "ports": [], "closed": [CLOSED_NETWORK]},
            "spare_slots": 1,
            "sandbox": {
                "command": [*_build_sandbox(list(zip(sources, own))), *python],
                "modules": modules,
                "variables": variables,
                "drop_to": drop_to(),
                "binds_folder": BINDS_FOLDER,
                "sources": own if is_root else [],
                "join_files": [],
            },
        }


def _build_sandbox(binds: list[tuple[str, str]]) -> list[str]:
    parents = {str(parent) for _, target in binds for parent in Path(target).parents} - {"/", "/tmp"}
    links = [name for name in ("bin", "lib", "lib64", "sbin") if os.path.islink(f"/{name}")]
    return [
        find_tool("bwrap"),
        *["--unshare-user", "--unshare-net", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--new-session"],
        *["--cap-drop", "ALL", "--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc"],
        *["--proc", "/proc", "--dev", "/dev"],
        *[word for path in ("/dev/shm", "/tmp", "/var/tmp") for word in ("--perms", "1777", "--tmpfs", path)],
        *[word for path in sorted(parents) for word in ("--perms", "0755", "--dir", path)],
        *[word for source, target in binds for word in ("--ro-bind", source, target)],
        *[word for name in links for word in ("--symlink", os.readlink(f"/{name}"), f"/{name}")],
        *["--chdir", "/", "--dir", "/work", "--remount-ro", "/dev", "--remount-ro", "/"],
    ]
