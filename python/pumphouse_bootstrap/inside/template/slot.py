"""The processes of one run between the template and user code."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import socket
import struct

from pumphouse_bootstrap.inside.template import kernel, messages
from pumphouse_bootstrap.inside.template.user_code import become_user_code
from pumphouse_bootstrap.process_tree import wake_up_for_ended_children

_OWN_NAMESPACES = (
    kernel.NEW_USERS
    | kernel.NEW_MOUNTS
    | kernel.NEW_PIDS
    | kernel.NEW_IPC
    | kernel.NEW_HOST_NAME
    | kernel.NEW_CONTROL_GROUPS
    | kernel.NEW_NETWORK
)
_SET_INTERFACE_FLAGS, _INTERFACE_UP = 0x8914, 0x1
_BACKLOG = 32
_TEMPORARY_FOLDERS = ("/dev/shm", "/tmp", "/var/tmp")
_WORK_ROOT = "/work"


def fork_init(connection: socket.socket, keeper: socket.socket) -> None:
    """Fork the first process of a run, in namespaces of its own. `connection`: of the run; `keeper`: closed in it."""
    uid, gid = os.getuid(), os.getgid()
    try:
        if kernel.fork_sibling(_OWN_NAMESPACES) != 0:
            return
    except OSError as error:
        return _report_failure(connection, error)
    try:
        keeper.close()
        # Root inside, so that a devpts can be mounted. User code gets another namespace, where it has its own uid.
        kernel.map_user(0, uid, 0, gid)
        _become_init(connection, uid, gid)
    except BaseException as error:
        _report_failure(connection, error)
    os._exit(1)


def _become_init(connection: socket.socket, uid: int, gid: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    listener = _listen_on_loopback()
    messages.send(connection, {"init": True, "beacon_port": listener.getsockname()[1]}, [listener.fileno()])
    # A socket stays in the network in which it was created, also in the hands of the bootstrap.
    listener.close()
    request, descriptors, _ = messages.receive(connection)
    if request is None:
        os._exit(0)
    named = dict(zip(request["descriptors"], descriptors))
    _mount_folders(request["work_folder"], {name[6:]: number for name, number in named.items() if name.startswith("mount:")})
    messages.send(connection, {"mounted": True})
    user = os.fork()
    if user == 0:
        become_user_code(connection, named, uid, gid)
    kernel.forbid_inspection()
    kernel.drop_capabilities()
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    for number in (null, *(number for name, number in named.items() if not name.startswith("mount:"))):
        os.close(number)
    _watch(connection, user)


def _listen_on_loopback() -> socket.socket:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as interface:
        request = struct.pack("16sh14x", b"lo", _INTERFACE_UP)
        fcntl.ioctl(interface, _SET_INTERFACE_FLAGS, request)
    return socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)


def _mount_folders(work_folder: str, mounts: dict[str, int]) -> None:
    """Give the run empty temporary folders and its own work folder and local data."""
    plain = kernel.NO_SETUID | kernel.NO_DEVICES
    kernel.mount("proc", "/proc", "proc", plain | kernel.NO_EXECUTION)
    # Paths of the sandbox below a folder that is replaced, such as an environment, go back into the new one.
    below = [(path, kernel.open_tree(path)) for path in _list_mounts_below((*_TEMPORARY_FOLDERS, _WORK_ROOT))]
    for path in _TEMPORARY_FOLDERS:
        kernel.mount("tmpfs", path, "tmpfs", plain, "mode=1777")
    kernel.mount("tmpfs", _WORK_ROOT, "tmpfs", plain, "mode=0755")
    for path, descriptor in below:
        os.makedirs(path, 0o755, exist_ok=True)
        kernel.place_mount(descriptor, path)
    kernel.mount("devpts", "/dev/pts", "devpts", kernel.NO_SETUID | kernel.NO_EXECUTION, "newinstance,ptmxmode=0666,mode=620")
    os.mkdir(work_folder)
    # Outermost first: a mount hides earlier ones below it.
    for target in sorted(mounts, key=lambda path: path.count("/")):
        kernel.place_mount(mounts[target], target)
    kernel.mount(None, _WORK_ROOT, None, kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY | plain)


def _list_mounts_below(folders: tuple[str, ...]) -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        points = [_unescape(line.split()[4]) for line in file]
    return sorted(point for point in points if point.startswith(tuple(f"{folder}/" for folder in folders)))


def _unescape(point: str) -> str:
    """The kernel writes spaces and backslashes of a path as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point)


def _watch(connection: socket.socket, user: int) -> None:
    """Reap until user code ends, and report its end. End with the connection; all processes of the run end with this one."""
    woken = wake_up_for_ended_children()
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.register(woken, select.POLLIN)
    while True:
        _reap(connection, user)
        for number, _ in poll.poll():
            if number == woken:
                os.read(woken, 512)
            elif connection.recv(64) == b"":
                os._exit(0)


def _reap(connection: socket.socket, user: int) -> None:
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            os._exit(0)
        if pid == 0:
            return
        if pid == user:
            code = os.waitstatus_to_exitcode(status)
            messages.send(connection, {"exit": code, "peak_memory_bytes": usage.ru_maxrss * 1024})
            os._exit(0)


def _report_failure(connection: socket.socket, error: BaseException) -> None:
    try:
        messages.send(connection, {"code": "sandbox_failed", "detail": f"{type(error).__name__}: {error}"})
    except OSError:
        pass
