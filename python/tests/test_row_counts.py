"""Rows in files of load jobs."""

from __future__ import annotations

import gzip
import os
import tempfile
import unittest
from pathlib import Path

from pumphouse_bootstrap.inside.pipeline_hooks.pending_packages.row_counts import RowCounter

JSONL = b'{"id": 1}\n{"id": 2}\n'
VALUES = b"INSERT INTO {}(id)\nVALUES\n(1),\n(2),\n(3);"
SELECTS = b"INSERT INTO {}(id)\nSELECT 1 UNION ALL\nSELECT 2;"
ITEMS = b'[{"id": 1}, {"id": 2}]\n[{"id": 3}]\n'


class RowCountsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.folder = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, self.folder)

    def count(self, kind: str, content: bytes, counter: RowCounter | None = None) -> int | None:
        job = f"orders.abc.0.{kind}"
        Path(self.path, job).write_bytes(content)
        return (counter or RowCounter()).count(self.folder, job)

    def test_text_formats(self) -> None:
        for kind, content, rows in (
            ("jsonl", JSONL, 2),
            ("jsonl", JSONL.rstrip(), 2),
            ("jsonl", b"", 0),
            ("insert_values", VALUES, 3),
            ("insert_values", SELECTS, 2),
            ("typed-jsonl", ITEMS, 3),
        ):
            with self.subTest(kind=kind, content=content):
                self.assertEqual(self.count(kind, content), rows)
                self.assertEqual(self.count(kind, gzip.compress(content)), rows)
                self.assertEqual(self.count(f"{kind}.gz", gzip.compress(content)), rows)

    def test_other_formats_and_damage_are_unknown(self) -> None:
        for kind, content in (
            ("parquet", b"PAR1"),
            ("csv", b"id\n1\n"),
            ("typed-jsonl", b"[1"),
            ("typed-jsonl", b"[" * 100_000),
            ("jsonl", gzip.compress(JSONL)[:-12]),
            ("jsonl", b"\x1f\x8b nothing"),
        ):
            with self.subTest(kind=kind):
                self.assertIsNone(self.count(kind, content))
        self.assertIsNone(RowCounter().count(self.folder, "missing.a.0.jsonl"))
        self.assertIsNone(RowCounter().count(self.folder, "strange"))

    def test_links_and_pipes_are_not_read(self) -> None:
        Path(self.path, "secret").write_bytes(JSONL)
        os.symlink(self.path / "secret", self.path / "a.b.0.jsonl")
        os.mkfifo(self.path / "c.d.0.jsonl")
        for job in ("a.b.0.jsonl", "c.d.0.jsonl"):
            self.assertIsNone(RowCounter().count(self.folder, job))

    def test_reads_a_bounded_number_of_bytes(self) -> None:
        counter = RowCounter(max_bytes=1000)
        self.assertEqual(self.count("jsonl", b"{}\n" * 100, counter), 100)
        # Compressed, this is small.
        self.assertIsNone(self.count("jsonl", gzip.compress(b"{}\n" * 1_000_000), counter))
        self.assertIsNone(self.count("jsonl", JSONL, counter))


if __name__ == "__main__":
    unittest.main()
