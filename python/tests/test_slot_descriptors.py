"""A slot that fails leaves no descriptor open: at the keeper, and at the bootstrap that asked for it."""

from __future__ import annotations

import json
import os
import queue
import socket
import tempfile
import threading
import unittest
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import SimpleNamespace
from unittest import mock

from attempt_runner import PATIENCE_SECONDS, await_true
from pumphouse_bootstrap import template_slot
from pumphouse_bootstrap.forked_process import ForkedProcess, NotForked
from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.preparation import CannotStart
from pumphouse_bootstrap.template_keeper import prepared_slot
from pumphouse_bootstrap.template_keeper.prepared_slot import PreparedSlot, SlotFailed, SlotPlan

Answer = Callable[[socket.socket], None]


def list_descriptors() -> set[tuple[str, str]]:
    """Return each open descriptor with what it is, so that one that is reused for something else is another."""
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # that of the listing itself
            found.add((descriptor, os.readlink(f"/proc/self/fd/{descriptor}")))
    return found


def send_with_sockets(connection: socket.socket, content: bytes, count: int) -> None:
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) for _ in range(count)]
        socket.send_fds(connection, [content], [each.fileno() for each in sockets])


class Descriptors(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.before = list_descriptors()

    def in_thread(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def assert_all_closed(self) -> None:
        """What threads of earlier tests open meanwhile is closed soon; what a slot forgot never is."""
        await_true(lambda: list_descriptors() <= self.before, "all descriptors are closed")

    def end(self, thread: threading.Thread) -> None:
        thread.join(PATIENCE_SECONDS)
        self.assertFalse(thread.is_alive())
        self.assert_all_closed()


class AtTheKeeper(Descriptors):
    def fail(self, answer: Answer, pasta: str = "/nonexistent/pasta") -> str:
        """Prepare a slot of a template that answers like this; return why it failed."""
        keeper, template = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        def fork() -> None:
            _, descriptors, _ = messages.receive(template)
            with socket.socket(fileno=descriptors[0]) as slot:
                answer(slot)

        thread = self.in_thread(fork)
        with self.assertRaises(SlotFailed) as failed:
            PreparedSlot(SlotPlan({"pasta": [pasta], "ports": [], "closed": []}, self.folder), keeper)
        keeper.close()
        template.close()
        self.end(thread)
        return str(failed.exception)

    def test_a_template_that_does_not_fork(self) -> None:
        self.assertIn("did not fork", self.fail(lambda slot: None))
        self.assertIn("did not fork", self.fail(lambda slot: send_with_sockets(slot, b"no message", 3)))
        self.assertEqual(self.fail(lambda slot: send_with_sockets(slot, b'{"code": 1, "detail": "full"}', 2)), "full")
        self.assertIn("did not fork", self.fail(lambda slot: send_with_sockets(slot, b'{"init": true}', 1)))

    def test_a_slot_in_the_namespaces_of_the_machine(self) -> None:
        self.assertIn("namespace of its own", self.fail(self.report_slot))

    def test_a_network_that_cannot_be_created(self) -> None:
        with mock.patch.object(prepared_slot, "_require_own_namespaces"):
            for pasta in ("/nonexistent/pasta", "/bin/false"):
                with self.subTest(pasta):
                    self.assertIn("network of the run failed", self.fail(self.report_slot, pasta))

    def test_a_template_that_is_gone(self) -> None:
        keeper, template = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        template.close()
        with self.assertRaises(OSError):
            PreparedSlot(SlotPlan({"pasta": [], "ports": [], "closed": []}, self.folder), keeper)
        keeper.close()
        self.assert_all_closed()

    def report_slot(self, slot: socket.socket) -> None:
        send_with_sockets(slot, b'{"init": true, "beacon_port": 1}', 1)


class AtTheBootstrap(Descriptors):
    def ask(self, content: bytes, count: int = 3, **fields: object) -> None:
        """Ask a keeper that answers like this: the run starts cold."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(f"{self.folder}/socket")
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                send_with_sockets(connection, content, count)

        thread = self.in_thread(answer)
        template = {"folder": self.folder, "join_files": [], "mounts": [], **fields}
        self.assertIsNone(template_slot.take_slot(SimpleNamespace(template=template, attempt_id="a", folder=self.folder)))
        thread.join(PATIENCE_SECONDS)
        listener.close()
        os.unlink(f"{self.folder}/socket")
        self.end(thread)

    def test_an_answer_that_is_not_one(self) -> None:
        self.ask(b"no message")
        self.ask(self.answer(os.getpid()), count=2)
        for answer in ({}, {"slot": {}}, {"slot": 1, "read_variables": []}):
            self.ask(json.dumps(answer).encode())

    def test_a_slot_that_cannot_be_claimed(self) -> None:
        self.ask(self.answer(2**22 + 1))
        self.ask(self.answer(os.getpid()), join_files=["/nonexistent/cgroup.procs"])
        mounts = [{"source": path, "target": "/x"} for path in (self.folder, "/nonexistent")]
        self.ask(self.answer(os.getpid()), mounts=mounts)

    def test_a_keeper_that_is_gone(self) -> None:
        template = {"folder": self.folder, "join_files": [], "mounts": []}
        self.assertIsNone(template_slot.take_slot(SimpleNamespace(template=template, attempt_id="a", folder=self.folder)))
        self.assert_all_closed()

    def test_a_slot_that_is_gone_before_it_gets_its_files(self) -> None:
        connection, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        other.close()
        listener = socket.socket(socket.AF_UNIX)
        lease, mount = os.open(self.folder, os.O_PATH), os.open(self.folder, os.O_PATH)
        slot = template_slot.TemplateSlot({"slot": {"init": 1}, "read_variables": []}, [connection.detach(), listener.detach(), lease])
        slot.mounts = [(mount, "/x")]
        start = SimpleNamespace(drop_to=None, inside_work_folder="/work")
        with (
            mock.patch("pumphouse_bootstrap.forked_process.describe_control", return_value={}),
            self.assertRaises(NotForked),
        ):
            ForkedProcess(start, None, slot, None).spawn("", None, None)
        self.assert_all_closed()

    def test_a_slot_that_ends_without_a_report_may_have_run_user_code(self) -> None:
        for report, may_have_begun in ({}, True), ({"code": "unpack_failed", "detail": "full"}, False):
            connection, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            lease = os.open(self.folder, os.O_PATH)
            answer = {"slot": {"init": 1}, "read_variables": []}
            slot = template_slot.TemplateSlot(answer, [connection.detach(), socket.socket(socket.AF_UNIX).detach(), lease])
            for message in ({"mounted": True}, report):
                messages.send(other, message)
            other.close()
            ended: queue.SimpleQueue[int] = queue.SimpleQueue()
            events = SimpleNamespace(post=ended.put, next=lambda timeout, ended=ended: ended.get(timeout=PATIENCE_SECONDS))
            process = ForkedProcess(SimpleNamespace(), None, slot, events)
            thread = self.in_thread(process._listen)
            with self.assertRaises(CannotStart) as failed:
                process.await_launcher(events)
            self.assertIs(failed.exception.may_have_begun, may_have_begun)
            self.end(thread)

    def answer(self, init: int) -> bytes:
        return json.dumps({"slot": {"init": init, "beacon_port": 1}, "read_variables": []}).encode()


if __name__ == "__main__":
    unittest.main()
