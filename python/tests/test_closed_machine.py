"""
What a container's network forbids its user, tested in a network that routes everything to its own loopback.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from attempt_server import PATIENCE_SECONDS
from requirements import require

PYTHON_FOLDER = Path(__file__).parent.parent

ROUTES = 'ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up && ip link set lo up && ip route add default dev lo && ip -6 route add default dev lo; exec "$@"'

PROGRAM = """
import errno, json, socket, sys
sys.path.append(sys.argv[1])
from pumphouse_bootstrap import closed_machine

def try_to_send(kind, host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as question:
        question.setblocking(False)
        return errno.errorcode.get(question.connect_ex(socket.getaddrinfo(host, port)[0][4]), "sent")

plan = json.loads(sys.argv[2])
problem = None
try:
    for _ in range(2):
        closed_machine.close_machine(plan, plan["server"], plan["user"])
    closed_machine.give_up_network_rights()
except ValueError as error:
    problem = str(error)
try:
    closed_machine.close_machine({**plan, "closed": ["203.0.113.0/24"]}, None, 0)
    is_given_up = False
except OSError as error:
    is_given_up = error.errno == errno.EPERM
sent = {f"{host} {port}": try_to_send(socket.SOCK_STREAM, host, port) for host, port in plan["targets"]}
print(json.dumps({"sent": sent, "udp": try_to_send(socket.SOCK_DGRAM, "192.0.2.1", 8081), "given_up": is_given_up, "problem": problem}))
"""


def close(targets: list[tuple[str, int]], **plan) -> dict:
    """Run as root of a user namespace, whose only user is 0."""
    whole = {"closed": [], "always_closed": [], "open_ports": [], "server": None, "user": 0, **plan, "targets": targets}
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", ROUTES, "sh", sys.executable, "-I", "-S", "-c", PROGRAM]
    ended = subprocess.run([*command, str(PYTHON_FOLDER), json.dumps(whole)], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    if ended.returncode != 0:
        raise AssertionError(ended.stderr)
    return json.loads(ended.stdout)


@require("iproute2", shutil.which("ip") is not None)
class ClosedMachine(unittest.TestCase):
    def test_forbids_addresses_and_networks_but_the_server_and_open_ports(self) -> None:
        targets = [
            ("192.0.2.1", 8081), ("192.0.2.1", 8082), ("192.0.2.9", 8081), ("192.0.2.9", 5432), ("198.51.100.7", 80), ("198.51.100.8", 80),
            ("fd00::1", 80), ("fd00::2", 80), ("fe80::1%d0", 80),
        ]
        answer = close(
            targets,
            closed=["192.0.2.0/24", "198.51.100.7", "fd00::1"],
            open_ports=[5432],
            server="http://192.0.2.1:8081/behind",
        )
        self.assertEqual(answer["sent"]["192.0.2.1 8081"], "EINPROGRESS")
        forbidden = [target for target, result in answer["sent"].items() if result == "EACCES"]
        self.assertEqual(
            forbidden,
            ["192.0.2.1 8082", "192.0.2.9 8081", "198.51.100.7 80", "fd00::1 80", "fe80::1%d0 80"],
        )
        # The server can be reached over TCP only.
        self.assertEqual(answer["udp"], "EACCES")

    def test_opens_a_port_that_is_also_that_of_the_server(self) -> None:
        targets = [("192.0.2.1", 8081), ("192.0.2.9", 8081), ("192.0.2.9", 80)]
        answer = close(targets, closed=["192.0.2.0/24"], open_ports=[8081], server="http://192.0.2.1:8081")
        self.assertEqual(list(answer["sent"].values()), ["EINPROGRESS", "EINPROGRESS", "EACCES"])

    def test_an_open_port_opens_nothing_that_is_always_closed(self) -> None:
        targets = [("169.254.169.254", 80), ("fd00:ec2::254", 80), ("192.0.2.9", 80), ("169.254.169.254", 8081)]
        closed = {"closed": ["192.0.2.0/24"], "always_closed": ["169.254.0.0/16", "fd00:ec2::/32"]}
        answer = close(targets, **closed, open_ports=[80], server="http://169.254.169.254:8081")
        self.assertEqual(list(answer["sent"].values()), ["EACCES", "EACCES", "EINPROGRESS", "EINPROGRESS"])

    def test_drops_the_privilege_to_change_the_rules(self) -> None:
        self.assertEqual(close([], closed=["192.0.2.1"])["given_up"], True)

    def test_rejects_an_invalid_address(self) -> None:
        for wrong in ("machine", "192.0.2.1/33", "192.0.2.1/0"):
            self.assertRegex(close([], closed=[wrong])["problem"] or "", "neither an address nor a network")


if __name__ == "__main__":
    unittest.main()
