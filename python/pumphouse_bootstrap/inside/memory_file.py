"""Files in memory, for what must not touch a disk or appear in arguments."""

from __future__ import annotations

import json
import os


def write_memory_file(name: str, content: dict, flags: int) -> int:
    """Return the descriptor of a file with the content as JSON, at its start. `flags`: of memfd_create(2)."""
    descriptor = os.memfd_create(name, flags)
    view = memoryview(json.dumps(content).encode())
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
