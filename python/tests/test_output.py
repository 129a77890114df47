import json
import os
import queue
import random
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from attempt_runner import await_true
from pumphouse_bootstrap import output
from pumphouse_bootstrap.events import OUTPUT_ENDED
from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.output import LineSplitter, OutputReader
from pumphouse_bootstrap.spool import Spool

SECRET = "very-secret-value"


def split(data: bytes, sizes: list[int], limit: int = 100, values: list[str] = [SECRET]) -> list[bytes]:
    splitter = LineSplitter(Masker(values), limit)
    lines: list[bytes] = []
    position = 0
    for size in sizes:
        lines += splitter.feed(data[position : position + size])
        position += size
    lines += splitter.feed(data[position:])
    return lines + splitter.finish()


class Lines(unittest.TestCase):
    def test_lines_end_at_newlines_and_the_last_one_at_the_end(self) -> None:
        self.assertEqual(split(b"a\n\nb\r\nc\rd\nlast", []), [b"a", b"", b"b", b"c\rd", b"last"])
        self.assertEqual(split(b"", []), [])
        self.assertEqual(split(b"\n", []), [b""])

    def test_lines_do_not_depend_on_how_bytes_arrive(self) -> None:
        generator = random.Random(7)
        line = f"x {SECRET} y\r\nlong {'é' * 120}{SECRET}{'z' * 90}\n\nend {SECRET}".encode()
        whole = split(line, [])
        for _ in range(300):
            sizes = [generator.randrange(1, 60) for _ in range(generator.randrange(0, 20))]
            lines = split(line, sizes)
            self.assertEqual(b"".join(lines), b"".join(whole), sizes)
            self.assertEqual([lines[0], *lines[-2:]], [b"x *** y", b"", b"end ***"], sizes)

    def test_a_long_line_is_split_without_loss_and_without_splitting_secrets(self) -> None:
        for padding in range(80, 120):
            data = b"a" * padding + SECRET.encode() + b"b" * 250
            for sizes in ([], [7] * 60, [padding + 3]):
                lines = split(data + b"\n" + b"next\n", sizes)
                self.assertEqual(b"".join(lines[:-1]), b"a" * padding + b"***" + b"b" * 250)
                self.assertEqual(lines[-1], b"next")
                self.assertGreaterEqual(len(lines), 4)
                self.assertLessEqual(max(map(len, lines)), 103)

    def test_characters_stay_whole_in_pieces(self) -> None:
        for line in split("漢字😀".encode() * 100, [33] * 20):
            line.decode("utf-8")

    def test_progress_is_shown_and_its_newline_adds_no_empty_line(self) -> None:
        splitter = LineSplitter(Masker([SECRET]), 100)
        self.assertEqual(splitter.feed(b"10%"), [])
        self.assertEqual(splitter.flush_silent(), [b"10%"])
        self.assertEqual(splitter.feed(b" 20%"), [])
        self.assertEqual(splitter.flush_silent(), [b" 20%"])
        self.assertEqual(splitter.feed(b"\r\nnext\n\n"), [b"next", b""])
        self.assertEqual(splitter.finish(), [])

    def test_silence_in_the_middle_of_a_secret_or_of_a_character(self) -> None:
        splitter = LineSplitter(Masker([SECRET]), 100)
        splitter.feed(b"the value is very-sec")
        self.assertEqual(splitter.flush_silent(), [b"the value is "])
        self.assertEqual(splitter.flush_silent(), [])
        self.assertEqual(splitter.feed(b"ret-value!\n"), [b"***!"])
        splitter.feed("price 5 €".encode()[:-1])
        self.assertEqual(splitter.flush_silent(), [b"price 5 "])
        self.assertEqual(splitter.feed(b"\xac\n"), ["€".encode()])


class Posted(queue.Queue):
    """The posted events; the real queue would take over the signals of its process."""

    def post(self, event: int) -> None:
        self.put(event)


class Silence(unittest.TestCase):
    """A line without a newline whose last letter may be the first one of a secret."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spool = Path(folder.name) / "spool"
        self.events = Posted()
        pipes = {name: os.pipe() for name in ("stdout", "stderr")}
        self.ends = {name: write_end for name, (_, write_end) in pipes.items()}
        read_ends = {name: read_end for name, (read_end, _) in pipes.items()}
        for read_end in read_ends.values():
            self.addCleanup(os.close, read_end)
        OutputReader(read_ends, Spool(folder.name), Masker(["e-secret"]), self.events, 1000, 10_000).start()

    def read_lines(self, io: str) -> list[str]:
        records = [json.loads(line) for line in self.spool.read_bytes().splitlines()]
        return [record["text"] for record in records if record.get("io") == io]

    def end(self) -> None:
        for write_end in self.ends.values():
            os.close(write_end)
        self.assertEqual(self.events.get(timeout=60), OUTPUT_ENDED)

    def test_the_last_line_stays_whole_if_the_process_ends_slowly(self) -> None:
        with patch.object(output, "_UNDECIDED_SECONDS", 600, create=True):
            os.write(self.ends["stdout"], b"no newline")
            os.write(self.ends["stderr"], b"silent for longer: ")
            await_true(lambda: self.read_lines("stderr") != [], "the silence of stderr is over")
            self.end()
        self.assertEqual(self.read_lines("stdout"), ["no newline"])

    def test_an_unfinished_line_is_shown_without_an_end_that_may_be_a_secret(self) -> None:
        with patch.object(output, "_UNDECIDED_SECONDS", 1.1, create=True):
            os.write(self.ends["stdout"], b"one e-sec")
            await_true(lambda: self.read_lines("stdout") == ["one "], "the beginning is shown")
            os.write(self.ends["stdout"], b"ret and more\n")
            self.end()
        self.assertEqual(self.read_lines("stdout"), ["one ", "*** and more"])


class LogLimit(unittest.TestCase):
    def count_dropped(self, before: bytes, after: bytes) -> str | None:
        """Write `before`, which reaches a limit of two lines, then `after` once that is noted."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "spool"
            events = Posted()
            read_end, write_end = os.pipe()
            reader = OutputReader({"stdout": read_end}, Spool(folder), Masker([]), events, 1000, 300)
            reader.start()
            os.write(write_end, before)
            await_true(lambda: b"its limit of 300 bytes" in path.read_bytes(), "the limit is noted")
            os.write(write_end, after)
            os.close(write_end)
            self.assertEqual(events.get(timeout=60), OUTPUT_ENDED)
            os.close(read_end)
            return reader.describe_dropped()

    def test_a_line_that_had_begun_before_the_limit_is_counted_once(self) -> None:
        line = b"x" * 99 + b"\n"
        for before, after in (
            (line * 3 + b"begun", b" and ended\nanother\nlast"),
            (line * 2, line + b"begun and ended\nanother\nlast"),
            (line * 3 + b"begun and ended\nanother\nlast", b""),
        ):
            dropped = self.count_dropped(before, after)
            self.assertIn("4 more lines (128 bytes) came after the log limit", dropped or "", before)
