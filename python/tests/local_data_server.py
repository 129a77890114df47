"""The server's side of local data as objects: versions of files, and parts by SHA-256."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import parse_qs

from attempt_server import AttemptServer
from pipeline_folder_server import PipelineFolderServer

_PAGE = 3


class LocalDataServer:
    """Answers the routes of an AttemptServer. `refuse`: what the next commits are answered."""

    def __init__(self) -> None:
        self.version = 0
        self.files: dict[str, dict] = {}
        self.parts: list[bytes] = []
        self.commits: list[dict] = []
        self.uploads: list[int] = []
        self.refuse: list[dict] = []
        # Where working folders of pipelines are recorded with a commit.
        self.folders: PipelineFolderServer | None = None

    def serve(self, server: AttemptServer) -> AttemptServer:
        server.routes["GET local-data"] = lambda query, _: (200, self.list(query))
        server.routes["GET local-data-version"] = lambda *_: (200, json.dumps({"version": self.version}).encode())
        server.routes["POST -read-local-data"] = lambda _, body: (200, self.read(body))
        server.routes["POST -store-local-data"] = lambda query, body: (200, self.store(query, body))
        server.routes["POST -commit-local-data"] = lambda _, body: self.commit(body)
        return server

    def put(self, path: str, content: bytes, **more: object) -> None:
        """Add a file as another run would."""
        self.version += 1
        parts = [[at, *self._add(content[at : at + 5])] for at in range(0, len(content), 5)]
        file = {"path": path, "mode": 0o644, "size_bytes": len(content), "changed_ns": "1700000000123456789"}
        self.files[path] = {**file, "link_target": None, "database_path": None, "parts": parts, **more}

    def _add(self, content: bytes) -> tuple[int, int, str]:
        self.parts.append(content)
        return len(self.parts), len(content), hashlib.sha256(content).hexdigest()

    def list(self, query: str) -> bytes:
        after = parse_qs(query).get("after", [""])[0]
        files = [self.files[path] for path in sorted(self.files) if path > after][:_PAGE]
        return json.dumps({"version": self.version, "files": files, "has_more": len(files) == _PAGE}).encode()

    def read(self, body: bytes) -> bytes:
        return b"".join(self.parts[part - 1] for part in json.loads(body)["parts"])

    def store(self, query: str, body: bytes) -> bytes:
        sizes = [int(size) for size in query.removeprefix("sizes=").split(",")]
        self.uploads.append(len(body))
        digests = []
        for size in sizes:
            digests.append(self._add(body[:size])[2])
            body = body[size:]
        return json.dumps({"sha256": digests}).encode()

    def commit(self, body: bytes) -> tuple[int, bytes]:
        commit = json.loads(body)
        if self.refuse:
            return 409, json.dumps(self.refuse.pop(0)).encode()
        known = {hashlib.sha256(part).hexdigest(): number for number, part in enumerate(self.parts, 1)}
        wanted = {part[2] for file in commit["changed"] for part in file["parts"]}
        if missing := sorted(wanted - known.keys()):
            return 409, json.dumps({"code": "local_data_parts_missing", "extra": {"sha256": missing}}).encode()
        if self.folders is not None and commit.get("pipeline_folders") is not None:
            recorded = self.folders.record(commit["pipeline_folders"])
            if recorded[0] != 200:
                return recorded
        self.commits.append(commit)
        self.version += 1
        for file in commit["changed"]:
            parts = [[offset, known[sha256], size, sha256] for offset, size, sha256 in file["parts"]]
            self.files[file["path"]] = {**file, "parts": parts}
        for path in commit["removed"]:
            self.files.pop(path, None)
        return 200, json.dumps({"version": self.version, "has_pipeline_folders": self.folders is not None}).encode()

    def content(self, path: str) -> bytes:
        file = self.files[path]
        content = bytearray(file["size_bytes"])
        for offset, part, size, _ in file["parts"]:
            content[offset : offset + size] = self.parts[part - 1]
        return bytes(content)
