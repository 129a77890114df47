"""Groups the parts of files for calls, which take a limited number of bytes and parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

MAX_PARTS_OF_CALL = 200

Part = TypeVar("Part")


def group_parts(parts: Iterable[Part], read_size: Callable[[Part], int], max_bytes: int) -> Iterator[list[Part]]:
    """
    Yield lists of at most 200 parts and `max_bytes`; a part that is larger is alone in its list. `parts` may contain contents:
    only one part more than a list is read.
    """
    batch: list[Part] = []
    total = 0
    for part in parts:
        size = read_size(part)
        if batch and (len(batch) >= MAX_PARTS_OF_CALL or total + size > max_bytes):
            yield batch
            batch, total = [], 0
        batch.append(part)
        total += size
    if batch:
        yield batch
