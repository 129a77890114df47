"""A command's own network, created by root and by an unprivileged user."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from requirements import require

PYTHON_FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PYTHON_FOLDER))

from pumphouse_bootstrap.machine_addresses import list_machine_addresses  # noqa: E402

ORDINARY_UID = 61_234
# As the process executor calls it.
PASTA = [
    *("pasta", "--quiet", "--config-net", "--no-map-gw", "--address", "10.0.2.100", "--netmask", "24", "--gateway", "10.0.2.2"),
    *("--dns-forward", "10.0.2.3", "--tcp-ports", "none", "--udp-ports", "none", "--udp-ns", "none"),
]
# Ordinary machines open this device to all users; a test machine may not.
OPEN_TUN = '{ [ -e "$1/tun" ] || mknod "$1/tun" c 10 200; } && chmod 666 "$1/tun" && mount --bind "$1/tun" /dev/net/tun && shift && exec "$@"'
# No user, root included, can open its device.
CLOSE_TUN = 'mount -t tmpfs -o nodev tmpfs "$1" && mknod "$1/tun" c 10 200 && mount --bind "$1/tun" /dev/net/tun && shift && exec "$@"'

REACH = """
import json, socket, sys
reached = []
for host, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((host, port), 5).close()
        reached.append([host, port])
    except OSError:
        pass
print(json.dumps(reached))
"""

# A machine whose only neighbour routes everything and has the metadata service of a cloud.
CLOUD = """
import json, subprocess, sys
def run(*command): subprocess.run(command, check=True)
def start(*command):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if process.stdout.readline() != b"ready\\n": sys.exit("The neighbour did not start.")
    return process
hosts, command = json.loads(sys.argv[1]), sys.argv[2:]
cloud = start("unshare", "--net", "sh", "-c", "echo ready; exec cat")
enter = ["nsenter", f"--net=/proc/{cloud.pid}/ns/net"]
run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
run("ip", "link", "set", "v1", "netns", str(cloud.pid))
for address in ("192.0.2.2/24", "fd99::2/64", *hosts): run(*enter, "ip", "address", "add", address, "dev", "v1", *(["nodad"] if ":" in address else []))
for address in ("192.0.2.1/24", "fd99::1/64"): run("ip", "address", "add", address, "dev", "v0", *(["nodad"] if ":" in address else []))
for link in ("lo", "v0"): run("ip", "link", "set", link, "up")
run(*enter, "ip", "link", "set", "v1", "up")
run("ip", "route", "add", "default", "via", "192.0.2.2")
run("ip", "-6", "route", "add", "default", "via", "fd99::2", "dev", "v0")
serve = "import socket, sys; kept = [socket.create_server((host, 80), family=socket.AF_INET6 if ':' in host else socket.AF_INET) for host in sys.argv[1:]]; print('ready', flush=True); sys.stdin.read()"
service = start(*enter, sys.executable, "-c", serve, *hosts)
code = subprocess.run(command).returncode
for process in (service, cloud):
    process.stdin.close()
    process.wait()
sys.exit(code)
"""


def listen() -> socket.socket:
    """Listen on all addresses of this machine, IPv4 and IPv6."""
    return socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)


def list_hosts() -> list[str]:
    hosts = ["127.0.0.1", "::1", "0.0.0.0", "10.0.2.100"]
    for address in list_machine_addresses():
        text = socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
        hosts.append(f"{text}%eth0" if text.startswith("fe80:") else text)
    return hosts


def find_python(user: str) -> str:
    """Find an interpreter that the user may execute: the tests' own may be below root's private home."""
    own = Path(sys.executable).resolve()
    if user == "root" or all(parent.stat().st_mode & 0o001 for parent in own.parents):
        return str(own)
    if os.path.exists("/usr/bin/python3"):
        return "/usr/bin/python3"
    raise unittest.SkipTest("no Python that an ordinary user may execute")


def list_processes_with(arguments: str) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and arguments in Path("/proc", name, "cmdline").read_text(errors="replace"):
                found.append(int(name))
        except OSError:
            # It has ended meanwhile.
            pass
    return found


@require("pasta", shutil.which("pasta") is not None)
@require("root, which can be both users", os.geteuid() == 0)
class WithNetwork(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="pumphouse-network-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        # The checkout may be below a private folder.
        shutil.copytree(PYTHON_FOLDER / "pumphouse_bootstrap", f"{self.folder}/pumphouse_bootstrap")

    def run_in_network(self, command: list[str], user: str, ports: list[int] = [], closed: list[str] = [], around: list[str] = []) -> subprocess.CompletedProcess:
        pasta = [*PASTA, "--runas", "0"] if user == "root" else PASTA
        program = f"{self.folder}/pumphouse_bootstrap/with_network.py"
        argv = [find_python(user), "-I", "-S", program, json.dumps({"pasta": pasta, "ports": ports, "closed": closed}), *command]
        if user == "ordinary":
            become = ["setpriv", f"--reuid={ORDINARY_UID}", f"--regid={ORDINARY_UID}", "--clear-groups"]
            argv = ["unshare", "--mount", "sh", "-c", OPEN_TUN, "sh", self.folder, *become, *argv]
        return subprocess.run([*around, *argv], capture_output=True, text=True, timeout=300)

    def test_reaches_nothing_of_the_machine_but_open_ports(self) -> None:
        for user in ("root", "ordinary"):
            with self.subTest(user=user), listen() as closed, listen() as opened:
                ports = [listener.getsockname()[1] for listener in (closed, opened)]
                targets = [[host, port] for host in list_hosts() for port in ports]
                done = self.run_in_network([find_python(user), "-c", REACH, json.dumps(targets)], user, [ports[1]])
                self.assertEqual(done.returncode, 0, done.stderr)
                reached = json.loads(done.stdout)
                self.assertEqual([one for one in reached if one[1] == ports[0]], [])
                self.assertIn(["127.0.0.1", ports[1]], reached)
                self.assertIn(["::1", ports[1]], reached)

    @require("iproute2", shutil.which("ip") is not None)
    def test_reaches_no_metadata_service_of_a_cloud_unless_it_is_open(self) -> None:
        services = ["169.254.169.254", "168.63.129.16", "fd00:ec2::254"]
        hosts = [*services, "198.51.100.7", "2001:db8::7"]
        around = ["unshare", "--net", sys.executable, "-I", "-c", CLOUD, json.dumps(hosts)]
        targets = json.dumps([[host, 80] for host in hosts])
        for user in ("root", "ordinary"):
            for closed, expected in (([], hosts), (["169.254.0.0/16", "168.63.129.16/32", "fd00:ec2::/32"], hosts[len(services) :])):
                with self.subTest(user=user, closed=closed):
                    done = self.run_in_network([find_python(user), "-c", REACH, targets], user, closed=closed, around=around)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual([host for host, _ in json.loads(done.stdout)], expected)

    def test_exits_with_the_status_of_the_command(self) -> None:
        for script, code in (("exit 7", 7), ("kill -9 $$", 137)):
            done = self.run_in_network(["sh", "-c", script], "root")
            self.assertEqual(done.returncode, code, done.stderr)

    def test_prints_why_the_network_could_not_be_created(self) -> None:
        program = f"{self.folder}/pumphouse_bootstrap/with_network.py"
        plan = json.dumps({"pasta": ["sh", "-c", "echo no tap device >&2; exit 1", "sh"], "ports": [], "closed": []})
        done = subprocess.run([sys.executable, "-I", "-S", program, plan, "true"], capture_output=True, text=True, timeout=300)
        self.assertEqual((done.returncode, done.stderr), (125, "The network could not be created: no tap device\n"))

    def test_leaves_no_process_without_the_device(self) -> None:
        device = tempfile.mkdtemp(prefix="pumphouse-tun-")
        self.addCleanup(os.rmdir, device)
        with listen() as listener:
            port = listener.getsockname()[1]
            plan = json.dumps({"pasta": [*PASTA, "--runas", "0"], "ports": [port], "closed": []})
            program = f"{self.folder}/pumphouse_bootstrap/with_network.py"
            argv = ["unshare", "--mount", "sh", "-c", CLOSE_TUN, "sh", device, sys.executable, "-I", "-S", program, plan, "true"]
            done = subprocess.run(argv, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 125)
        self.assertIn("Failed to open() /dev/net/tun: Permission denied", done.stderr)
        # Only its arguments tell the pasta of this test from those of others.
        self.assertEqual(list_processes_with(f"--tcp-ns\0{port}\0"), [])

    def test_notices_at_once_that_pasta_has_ended(self) -> None:
        # The process that it leaves behind holds its output open, as the one that waits for the device does.
        pasta = ["sh", "-c", "sleep 1000 & echo no tap device >&2; exit 1", "sh"]
        program = f"{self.folder}/pumphouse_bootstrap/with_network.py"
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-I", "-S", program, json.dumps({"pasta": pasta, "ports": [], "closed": []}), "true"],
            capture_output=True, text=True, timeout=300,
        )
        self.assertEqual((done.returncode, done.stderr), (125, "The network could not be created: no tap device\n"))
        # It waits 20 s for a pasta that says nothing.
        self.assertLess(time.monotonic() - begun, 15)


if __name__ == "__main__":
    unittest.main()
