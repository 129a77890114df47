"""
`<python> -I -S <this file> <plan> <command>...`: run a command in its own network, which ends with the
command.

The plan is JSON: {pasta, ports}, as in start.json. The exit status is that of the command. If its parent
process ends, this process ends as well.
"""

import json
import os
import signal
import sys

# No build command uses this exit code, so callers can tell a network failure from a command's own.
_NO_NETWORK_CODE = 125

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pumphouse_bootstrap.network import Network
from pumphouse_bootstrap.preparation import CannotStart
from pumphouse_bootstrap.process_control import end_with_parent


def run_with_network(plan: dict, command: list[str]) -> int:
    """Run the command; return its exit code, or 128 + n if signal n ended it, as shells do."""
    end_with_parent()
    network = Network(plan, {})
    try:
        network.await_ready()
        command = [*network.enter, *command]
        child = os.posix_spawnp(command[0], command, os.environ, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        network.close()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    try:
        sys.exit(run_with_network(json.loads(sys.argv[1]), sys.argv[2:]))
    except CannotStart as reason:
        print(f"The network could not be created: {reason.detail}", file=sys.stderr)
        sys.exit(_NO_NETWORK_CODE)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
