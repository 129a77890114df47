"""Start the template in its sandbox."""

from __future__ import annotations

import os
import signal
import socket

from pumphouse_bootstrap.inside.template import kernel
from pumphouse_bootstrap.process_control import forbid_new_privileges

_RESET_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGCHLD)


class SandboxPlan:
    """How to start a template. Raises KeyError for a missing field."""

    def __init__(self, fields: dict) -> None:
        # Argv of bubblewrap and the template, which gets the descriptor of its socket as its first argument.
        self.command: list[str] = fields["command"]
        self.modules: list[str] = fields["modules"]
        self.variables: dict[str, str] = fields["variables"]
        # As root: the user of the workspace, and folders and files that it cannot reach by their own path.
        self.drop_to: dict | None = fields["drop_to"]
        self.binds_folder: str = fields["binds_folder"]
        self.sources: list[str] = fields["sources"]
        # Files of control groups to which a process is added by writing 0.
        self.join_files: list[str] = fields["join_files"]


def start_sandbox(plan: SandboxPlan, log: int) -> tuple[int, socket.socket]:
    """Return the pid of the sandbox and the keeper's end of the connection. `log`: descriptor for output."""
    keeper, template = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    pid = os.fork()
    if pid == 0:
        try:
            keeper.close()
            _become_sandbox(plan, template.fileno(), log)
        except BaseException as error:
            os.write(log, f"The template could not be started: {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)
    template.close()
    return pid, keeper


def _become_sandbox(plan: SandboxPlan, descriptor: int, log: int) -> None:
    os.setsid()
    for path in plan.join_files:
        with open(path, "w", encoding="ascii") as file:
            file.write("0")
    for number in _RESET_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if plan.drop_to is not None:
        _bind_sources(plan)
        os.setgroups([])
        os.setresgid(*[plan.drop_to["gid"]] * 3)
        os.setresuid(*[plan.drop_to["uid"]] * 3)
    forbid_new_privileges()
    os.chdir("/")
    os.set_inheritable(descriptor, True)
    os.execve(plan.command[0], [*plan.command, str(descriptor), *plan.modules], plan.variables)


def _bind_sources(plan: SandboxPlan) -> None:
    """
    Make the sources reachable for the workspace's user below one folder, in a mount namespace of this process: bubblewrap
    runs as that user, because as root it covers parts of /proc, and runs could then not mount their own.
    """
    kernel.unshare(kernel.NEW_MOUNTS)
    kernel.mount(None, "/", None, kernel.PRIVATE | kernel.RECURSIVE)
    kernel.mount("tmpfs", plan.binds_folder, "tmpfs", 0, "mode=0755")
    for number, source in enumerate(plan.sources):
        target = f"{plan.binds_folder}/{number}"
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        kernel.mount(source, target, None, kernel.BIND | kernel.RECURSIVE)
