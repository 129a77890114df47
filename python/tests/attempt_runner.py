"""Runs the real bootstrap in its own folder, with a real environment, with or without bubblewrap."""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import time
from functools import lru_cache
from pathlib import Path

PYTHON_FOLDER = Path(__file__).resolve().parent.parent
REPOSITORY = PYTHON_FOLDER.parent
BOOTSTRAP = PYTHON_FOLDER / "pumphouse_bootstrap"
sys.path.insert(0, str(PYTHON_FOLDER))

from attempt_server import ATTEMPT_ID, PATIENCE_SECONDS, SECRET, AttemptServer  # noqa: E402

DLT = "dlt[duckdb]==1.31.0"
MANIFEST = ("manifest.yaml", b"engine_version: 1\nfiles: []\n")


def build_archive(files: dict[str, bytes | str], raw: list[tarfile.TarInfo] = [], manifest: bool = True) -> bytes:
    """
    Build a gzip tar like the client's: `files/<path>` entries, the entries of `raw` unchanged, and the
    manifest.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            add_file(archive, f"files/{path}", data)
        for member in raw:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
        if manifest:
            add_file(archive, *MANIFEST)
    return buffer.getvalue()


def add_file(archive: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    member.mode = mode
    member.mtime = 1_700_000_000
    archive.addfile(member, io.BytesIO(data))


@lru_cache
def plain_environment() -> str:
    """Create an environment without packages."""
    folder = tempfile.mkdtemp(prefix="pumphouse-environment-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", f"{folder}/venv"], check=True)
    return f"{folder}/venv"


@lru_cache
def dlt_environment(*packages: str, dlt: str = DLT) -> str:
    """
    Create an environment with dlt, more packages and our hooks, like the environment builder; built once for each Python.
    """
    version = ".".join(map(str, sys.version_info[:2]))
    name = "-".join([dlt.replace("==", "-"), *packages, "python", version])
    folder = REPOSITORY / ".tools" / "test-environments" / name
    complete = folder / ".complete"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        uv = find_tool("uv")
        subprocess.run([uv, "venv", "-q", "--no-project", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", f"{folder}/bin/python", dlt, *packages]
        subprocess.run(install, check=True)
        complete.touch()
    packages = next(folder.glob("lib/python*/site-packages"))
    for hook in (BOOTSTRAP / "environment_hooks").glob("pumphouse_*"):
        shutil.copy(hook, packages)
    return str(folder)


@lru_cache
def find_tool(name: str) -> str:
    """Find a program of the repository's tools, or of the system."""
    found = shutil.which(name, path=f"{REPOSITORY}/.tools/bin:{os.environ['PATH']}")
    if found is None:
        raise RuntimeError(f"{name} is needed: run npm run setup")
    return found


def build_sandbox(work_folder: str, environment: str, inside_work_folder: str) -> list[str]:
    """
    Bubblewrap with the mounts that the process executor gives a run, except those irrelevant to these tests.
    """
    binds = ["/usr", "/etc", os.path.realpath(sys.base_prefix), environment]
    binds.append(str(BOOTSTRAP))
    # Folders that bubblewrap creates implicitly would be accessible only to root.
    parents = {str(parent) for path in [*binds, inside_work_folder] for parent in Path(path).parents} - {"/", "/tmp", "/usr"}
    links = [name for name in ("bin", "lib", "lib64", "sbin") if os.path.islink(f"/{name}")]
    return [
        find_tool("bwrap"),
        *(["--unshare-user"] if os.geteuid() != 0 else []),
        *["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--die-with-parent", "--new-session"],
        *["--cap-drop", "ALL"],
        *(["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if os.geteuid() == 0 else []),
        *["--proc", "/proc", "--dev", "/dev"],
        *[word for path in ("/dev/shm", "/tmp") for word in ("--perms", "1777", "--tmpfs", path)],
        *[argument for path in sorted(parents) for argument in ("--perms", "0755", "--dir", path)],
        *[argument for path in binds for argument in ("--ro-bind", path, path)],
        *[argument for name in links for argument in ("--symlink", os.readlink(f"/{name}"), f"/{name}")],
        *["--bind", work_folder, inside_work_folder, "--chdir", "/"],
    ]


class AttemptRunner:
    """One attempt: its folder and its bootstrap process."""

    def __init__(self, server: AttemptServer, program: str = "", sandboxed: bool = False, **start: object) -> None:
        self.server = server
        self.folder = Path(tempfile.mkdtemp(prefix="pumphouse-attempt-"))
        os.chmod(self.folder, 0o711)
        work = self.folder / "work" / "shop"
        work.mkdir(parents=True)
        environment = str(start.pop("environment", None) or plain_environment())
        inside = "/work/shop" if sandboxed else str(work)
        drop_to = start.get("drop_to")
        if isinstance(drop_to, dict):
            os.chown(work, drop_to["uid"], drop_to["gid"])
        if program:
            server.serve_archive("code", build_archive({"user_program.py": textwrap.dedent(program)}))
        self.start_path = self.folder / "start.json"
        self.start = {
            "attempt_id": ATTEMPT_ID,
            "claim_number": 1,
            "attempts_url": server.url,
            "secret": SECRET,
            "folder": str(self.folder),
            "work_folder": str(work),
            "inside_work_folder": inside,
            "bootstrap_inside": str(BOOTSTRAP),
            "inside_python": os.path.realpath(sys.executable),
            "environment": environment,
            "local_data": None,
            "sandbox": build_sandbox(str(work), environment, inside) if sandboxed else [],
            "drop_to": None,
            "control_groups": None,
            **start,
        }
        self.work = work
        self.errors = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._log = self.folder / "bootstrap.log"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def begin(self) -> AttemptRunner:
        self.start_path.write_text(json.dumps(self.start))
        self._process = self.spawn()
        return self

    def spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", str(BOOTSTRAP / "__main__.py"), str(self.start_path)]
        with open(self._log, "ab") as log:
            environment = {"PATH": os.environ["PATH"]}
            return subprocess.Popen(
                command, cwd="/", stdin=-3, stdout=-3, stderr=log, env=environment, start_new_session=True
            )

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def read_peak_bytes(self) -> int:
        """Return the most memory that the bootstrap alone has used until now; 0 if it has ended."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0
        return sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for the bootstrap; return its exit status."""
        assert self._process is not None
        try:
            status = self._process.wait(seconds)
        finally:
            self.errors = self.read_log()
        return status

    def read_log(self) -> str:
        """Return what the bootstrap has printed until now."""
        return self._log.read_text()

    def run(self) -> dict:
        """Run to the end; return the exit record that the server received."""
        status = self.begin().wait()
        if status != 0:
            raise AssertionError(f"bootstrap ended with {status}: {self.errors}")
        return self.server.exit()

    def clean(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR1)
            self._process.kill()
            self._process.wait()
        self.server.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


def await_true(condition, what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def find_processes(mark: str) -> list[int]:
    """List running processes with the mark in their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and is_running(int(entry.name)):
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
