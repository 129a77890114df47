"""
Environments between pods and the server, where pods share no claim: a build stores its environment as an archive, and
the first container of a run fetches it. The server has the parts; see docs/contribute/attempt-protocol.md.
"""

from __future__ import annotations

import os
import queue
import shutil
import threading

from pumphouse_bootstrap.environment_archive import DamagedArchive, pack, unpack
from pumphouse_bootstrap.server_calls import GaveUp, Refused, ServerCalls

# The server may be replaced meanwhile. A build that no server waits for has no use.
_TRY_SECONDS = 900


class NotStored(Exception):
    """The server does not take the archive."""


class NotThere(Exception):
    """The environment cannot be had from the server: it is built again."""


class ArchiveTarget:
    """Where a build stores its archive: for ServerCalls, in the place of an attempt."""

    def __init__(self, fields: dict) -> None:
        self.attempts_url: str = fields["url"]
        self.attempts_socket = None
        self.attempt_id: str = fields["id"]
        self.secret: str = fields["secret"]
        self.routes = f"environment-archives/{self.attempt_id}"
        # There are no redirects: the address is that of all servers.
        self.folder = "/nonexistent"


def store_environment(source: str, fields: dict) -> dict:
    """Pack the folder and store it; return what describes the archive. Raises NotStored."""
    calls = ServerCalls(ArchiveTarget(fields), _TRY_SECONDS)

    def store_part(number: int, part: bytes) -> None:
        calls.post_bytes(f"-part?number={number}&ticket={fields['ticket']}", part)

    try:
        return pack(source, store_part)
    except Refused as error:
        raise NotStored(f"The environment could not be stored: {error}") from error
    except GaveUp as error:
        raise NotStored(f"The environment could not be stored, because no server answered: {error}") from error


def fetch_environment(start, archive: dict, target: str) -> None:
    """Fetch the archive of the attempt's environment into a new folder. Raises NotThere; repeats while no server answers."""
    try:
        unpack(_fetch_ahead(ServerCalls(start), archive["parts"]), archive, target)
    except DamagedArchive as error:
        shutil.rmtree(target, ignore_errors=True)
        raise NotThere(f"The archive of the environment is damaged: {error}.") from error
    except (Refused, GaveUp) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise NotThere(f"The server does not have the environment: {error}.") from error


def _fetch_ahead(calls: ServerCalls, count: int):
    """Yield the parts, fetching the next one while the last one is unpacked."""
    fetched: queue.Queue = queue.Queue(maxsize=1)

    def fetch() -> None:
        try:
            for number in range(count):
                fetched.put(_fetch_part(calls, number))
            fetched.put(None)
        except BaseException as error:
            fetched.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    while (part := fetched.get()) is not None:
        if isinstance(part, BaseException):
            raise part
        yield part


def _fetch_part(calls: ServerCalls, number: int) -> bytes:
    part = bytearray()
    calls.download(f"environment?part={number}", part.extend, part.clear)
    return bytes(part)


class NodeCache:
    """
    Environments that stay on the node, for the next pod. Each is a folder of its user, complete from the moment when
    it has its name. Only `prepare` sees the cache: a run has its own environment, and cannot write to it.
    """

    def __init__(self, root: str, name: str) -> None:
        self._folder = f"{root}/{os.getuid()}"
        self._path = f"{self._folder}/{name}"

    def find(self) -> bool:
        return os.path.isdir(self._path)

    def fill(self, fetch) -> None:
        """Call `fetch(folder)` for a new folder, unless another pod is faster."""
        os.makedirs(self._folder, exist_ok=True)
        draft = f"{self._folder}/.{os.path.basename(self._path)}-{os.urandom(8).hex()}"
        try:
            os.makedirs(f"{draft}/files")
            fetch(f"{draft}/files/venv")
            # Its name promises that it is whole, also after the node has lost power.
            os.sync()
            os.rename(draft, self._path)
        except OSError:
            if not self.find():
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
