"""Parts of files in calls of limited size."""

from __future__ import annotations

import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pumphouse_bootstrap.local_data.batches import MAX_PARTS_OF_CALL, group_parts  # noqa: E402


class GroupPartsTest(unittest.TestCase):
    def group(self, sizes: list[int], max_bytes: int) -> list[list[int]]:
        return list(group_parts(sizes, lambda size: size, max_bytes))

    def test_limits_bytes(self) -> None:
        self.assertEqual(self.group([4, 1, 5, 5, 9, 0, 1], 10), [[4, 1, 5], [5], [9, 0, 1]])
        self.assertEqual(self.group([1, 20, 1], 10), [[1], [20], [1]])
        self.assertEqual(self.group([], 10), [])

    def test_limits_the_number_of_parts(self) -> None:
        counts = [len(batch) for batch in self.group([0] * (2 * MAX_PARTS_OF_CALL + 1), 10)]
        self.assertEqual(counts, [MAX_PARTS_OF_CALL, MAX_PARTS_OF_CALL, 1])

    def test_reads_one_part_ahead(self) -> None:
        read: list[int] = []

        def parts() -> Iterator[int]:
            for number in range(9):
                read.append(number)
                yield 5

        next(group_parts(parts(), lambda size: size, 10))
        self.assertEqual(read, [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
