"""The server's side of working folders of pipelines: files by folder, parts by SHA-256, and one owner for each."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from urllib.parse import parse_qs

from attempt_server import AttemptServer


class PipelineFolderServer:
    """
    Answers the routes of the attempts that use it one after the other. `owner` is the one that does now, and owners before are
    over.
    """

    def __init__(self) -> None:
        self.owner = 0
        self.folders: dict[str, dict] = {}
        self.parts: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.uploaded_bytes = 0
        # What the next calls of `-record-pipeline-folders` are answered.
        self.refuse: list[dict] = []
        # Called with the name of each call, before it takes effect.
        self.on_call: Callable[[str], None] = lambda name: None
        self.changed = threading.Condition(threading.RLock())

    def serve(self, server: AttemptServer) -> AttemptServer:
        routes = {
            "-store-pipeline-parts": self._store,
            "-record-pipeline-folders": lambda _, body: self.record(json.loads(body)),
            "-take-pipeline-folder": lambda _, body: self._take(json.loads(body)["pipeline"]),
            "-read-pipeline-parts": lambda _, body: (200, b"".join(self.parts[part] for part in json.loads(body)["parts"])),
        }
        for name, answer in routes.items():
            server.routes[f"POST {name}"] = self._note(name, answer)
        return server

    def _note(self, name: str, answer):
        def call(query: str, body: bytes) -> tuple[int, bytes]:
            with self.changed:
                self.calls.append(name)
                self.on_call(name)
                try:
                    return answer(query, body)
                finally:
                    self.changed.notify_all()

        return call

    def _store(self, query: str, body: bytes) -> tuple[int, bytes]:
        digests = []
        for size in parse_qs(query)["sizes"][0].split(","):
            content, body = body[: int(size)], body[int(size) :]
            digests.append(hashlib.sha256(content).hexdigest())
            self.parts[digests[-1]] = content
            self.uploaded_bytes += len(content)
        return 200, json.dumps({"sha256": digests}).encode()

    def record(self, changes: dict) -> tuple[int, bytes]:
        if self.refuse:
            return 409, json.dumps(self.refuse.pop(0)).encode()
        for name in changes["removed"]:
            self.folders.pop(name, None)
        for saved in changes["saved"]:
            wanted = {part[2] for file in saved["changed"].values() for part in file["parts"] or []}
            if missing := sorted(wanted - self.parts.keys()):
                return 409, json.dumps({"code": "pipeline_parts_missing", "extra": {"sha256": missing}}).encode()
            folder = self.folders.setdefault(saved["folder"], {"files": {}, "attempt": f"attempt-{self.owner}"})
            assert folder.get("owner", self.owner) == self.owner
            for path in saved["removed"]:
                folder["files"].pop(path, None)
            folder["files"] |= saved["changed"]
            folder |= {"owner": self.owner, **{name: saved[name] for name in ("pipeline", "origin", "packages")}}
        return 200, b"{}"

    def _take(self, pipeline: str) -> tuple[int, bytes]:
        for name, folder in self.folders.items():
            if folder["pipeline"] == pipeline and folder["owner"] != self.owner:
                folder["owner"] = self.owner
                answer = {"folder": name, **{key: folder[key] for key in ("attempt", "origin", "files", "packages")}}
                return 200, json.dumps(answer).encode()
        return 200, json.dumps({"folder": None}).encode()

    def describe(self) -> list[tuple]:
        """Return step, done and left jobs of each package."""
        with self.changed:
            return [
                (package["step"], package["jobs_done"], package["jobs_left"])
                for folder in self.folders.values()
                for package in folder["packages"]
            ]

    def await_described(self, condition, seconds: float) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self.describe()), seconds):
                origins = [folder["origin"] for folder in self.folders.values()]
                raise AssertionError(f"the server has {self.describe()} of {origins}, after {self.calls}")
