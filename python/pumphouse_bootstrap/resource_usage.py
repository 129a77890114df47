"""What user code uses of memory, processor time and disk: a timeline of a bounded number of points."""

from __future__ import annotations

import os
import stat
import threading
import time
from typing import TYPE_CHECKING

from pumphouse_bootstrap.events import DISK_LIMIT
from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.spool import SpoolClosed

if TYPE_CHECKING:
    from pumphouse_bootstrap.control_groups import ControlGroups
    from pumphouse_bootstrap.events import Events
    from pumphouse_bootstrap.spool import Spool
    from pumphouse_bootstrap.start_file import StartFile

_SAMPLE_SECONDS = 1.0
_MAX_POINTS = 120
# The timeline is sent again as a whole, so rarely once it covers much.
_FIRST_SEND_SECONDS = 10.0
_SENDS_PER_POINTS = 8
_MAX_SEND_SECONDS = 600.0
# Of the memory limit. The kernel may kill a whole container, which leaves only what was sent before.
_ALARMING_SHARES = (0.8, 0.9, 0.95)
# Walking a folder may take at most this share of the time.
_WALK_SHARE = 0.01
_MIN_WALK_PAUSE_SECONDS = 5.0
# With a limit, user code may fill the disk between two walks.
_MIN_LIMITED_WALK_PAUSE_SECONDS = 1.0
_MAX_ENTRIES = 200_000
# Each level takes an open file.
_MAX_DEPTH = 100
_BLOCK_BYTES = 512


class Timeline:
    """
    Points of equal length. When there are too many, each two become one: the larger memory, the sum of
    processor time, the later disk use.
    """

    def __init__(self, max_points: int = _MAX_POINTS) -> None:
        self._max_points = max_points
        self.seconds_per_point = _SAMPLE_SECONDS
        # Memory in bytes, processor time in microseconds, disk in bytes.
        self._points: list[tuple[int, int, int]] = []
        self._samples_of_last = 0

    def add(self, memory: int, cpu: int, disk: int) -> None:
        """Add a sample: memory and disk as they are, and the processor time since the previous sample."""
        if self._points and self._samples_of_last < round(self.seconds_per_point / _SAMPLE_SECONDS):
            self._points[-1] = _merge(self._points[-1], (memory, cpu, disk))
            self._samples_of_last += 1
            return
        if len(self._points) >= self._max_points:
            self._halve()
        self._points.append((memory, cpu, disk))
        self._samples_of_last = 1

    def _halve(self) -> None:
        pairs = range(0, len(self._points), 2)
        self._points = [_merge(*self._points[first : first + 2]) for first in pairs]
        self.seconds_per_point *= 2

    def describe(self) -> dict:
        memory, cpu, disk = ([point[part] for point in self._points] for part in range(3))
        return {"seconds": self.seconds_per_point, "memory": memory, "cpu": cpu, "disk": disk}


def _merge(first: tuple[int, int, int], second: tuple[int, int, int] | None = None) -> tuple[int, int, int]:
    if second is None:
        return first
    return max(first[0], second[0]), first[1] + second[1], second[2]


class ResourceUsage:
    """A thread that takes a sample each second, and records the timeline now and then and at the end."""

    def __init__(
        self, groups: ControlGroups, start: StartFile, spool: Spool, events: Events, disk_limit_bytes: int | None
    ) -> None:
        self._groups = groups
        # HOME and TMPDIR of user code are in the parent of its work folder.
        self._folder = os.path.dirname(start.work_folder)
        self._local_data = start.local_data["path"] if start.local_data else None
        self._drop_to = start.drop_to
        self._spool = spool
        self._events = events
        self._disk_limit_bytes = disk_limit_bytes
        self._timeline = Timeline()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resource-usage", daemon=True)
        self._cpu = 0
        self._peak_memory = 0
        self._disk = 0
        self._peak_disk = 0
        self._next_walk = 0.0
        limit = groups.read_memory_limit_bytes()
        self._alarms = [] if limit is None else [share * limit for share in _ALARMING_SHARES]
        # The use that was over the limit; None while there was none.
        self.disk_over_limit_bytes: int | None = None

    def start(self) -> None:
        self._cpu = self._groups.read_cpu_microseconds()
        self._thread.start()

    def end(self) -> dict:
        """Record the whole timeline. Returns the sums, for the exit record."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._sample()
        self._peak_memory = max(self._peak_memory, self._groups.read_peak_memory_bytes())
        self._send()
        return {"peak_group_memory_bytes": self._peak_memory or None, "peak_disk_bytes": self._peak_disk}

    def _run(self) -> None:
        started_at = time.monotonic()
        next_send = started_at + _FIRST_SEND_SECONDS
        count = 0
        while True:
            count += 1
            # Samples do not drift apart, so that points have equal lengths.
            pause = max(0.05, started_at + count * _SAMPLE_SECONDS - time.monotonic())
            if self._ended.wait(pause):
                return
            self._sample()
            now = time.monotonic()
            if now < next_send and not self._is_alarming():
                continue
            if not self._send():
                return
            pause = max(_FIRST_SEND_SECONDS, _SENDS_PER_POINTS * self._timeline.seconds_per_point)
            next_send = now + min(pause, _MAX_SEND_SECONDS)

    def _is_alarming(self) -> bool:
        """Return whether the memory has come closer to its limit. Each step counts once."""
        before = len(self._alarms)
        self._alarms = [bytes_ for bytes_ in self._alarms if bytes_ > self._peak_memory]
        return len(self._alarms) < before

    def _sample(self) -> None:
        memory = self._groups.read_memory_bytes()
        self._peak_memory = max(self._peak_memory, memory)
        cpu = self._groups.read_cpu_microseconds()
        self._measure_disk()
        # Processes that end at this moment may be counted nowhere.
        self._timeline.add(memory, max(0, cpu - self._cpu), self._disk)
        self._cpu = max(self._cpu, cpu)

    def _measure_disk(self) -> None:
        begun_at, used_before = time.monotonic(), time.thread_time()
        if begun_at < self._next_walk and not self._ended.is_set():
            return
        self._disk = measure_folder(self._folder, self._local_data)
        if self._drop_to is not None:
            # Inside a container, root may not read other users' folders.
            with files_of(self._drop_to):
                self._disk = max(self._disk, measure_folder(self._folder, self._local_data))
        self._peak_disk = max(self._peak_disk, self._disk)
        now = time.monotonic()
        limit = self._disk_limit_bytes
        least = _MIN_WALK_PAUSE_SECONDS if limit is None else _MIN_LIMITED_WALK_PAUSE_SECONDS
        # A walk that waits for a busy machine takes long and uses little.
        used = time.thread_time() - used_before
        self._next_walk = now + max(least, used / _WALK_SHARE, now - begun_at)
        if limit is not None and self._disk > limit and self.disk_over_limit_bytes is None:
            self.disk_over_limit_bytes = self._disk
            if not self._ended.is_set():
                self._events.post(DISK_LIMIT)

    def _send(self) -> bool:
        try:
            self._spool.append(
                "usage",
                peak_memory=self._peak_memory,
                peak_disk=self._peak_disk,
                measured_by="group" if self._groups.measures_group else "processes",
                **self._timeline.describe(),
            )
        except SpoolClosed:
            return False
        return True


def measure_folder(folder: str, excluded: str | None = None) -> int:
    """
    Return the bytes that everything below the folder takes on its disk, of the first 200,000 entries. Follows no
    link and keeps no list of names, whatever user code does to the folder meanwhile.

    `excluded`: a folder that belongs to others, which may be mounted below it.
    """
    walk = _Walk(excluded)
    try:
        descriptor = os.open(folder, _FOLDER_FLAGS)
    except OSError:
        return 0
    try:
        walk.enter(descriptor)
    finally:
        os.close(descriptor)
    return walk.size


_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Walk:
    def __init__(self, excluded: str | None) -> None:
        self.size = 0
        self._entries = 0
        self._linked: set[tuple[int, int]] = set()
        self._excluded = _identify(excluded)

    def enter(self, descriptor: int, depth: int = 0) -> None:
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    self._entries += 1
                    if self._entries > _MAX_ENTRIES:
                        return
                    self._count(entry, descriptor, depth)
        except OSError:
            # The folder cannot be read. What is below it is not counted.
            return

    def _count(self, entry: os.DirEntry, descriptor: int, depth: int) -> None:
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return
        identity = (found.st_dev, found.st_ino)
        if identity == self._excluded:
            return
        if stat.S_ISDIR(found.st_mode):
            self._enter_below(entry.name, descriptor, depth)
        elif found.st_nlink > 1:
            if identity in self._linked:
                return
            self._linked.add(identity)
        self.size += found.st_blocks * _BLOCK_BYTES

    def _enter_below(self, name: str, descriptor: int, depth: int) -> None:
        if depth >= _MAX_DEPTH:
            return
        try:
            below = os.open(name, _FOLDER_FLAGS, dir_fd=descriptor)
        except OSError:
            return
        try:
            self.enter(below, depth + 1)
        finally:
            os.close(below)


def _identify(path: str | None) -> tuple[int, int] | None:
    try:
        found = None if path is None else os.stat(path)
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)
