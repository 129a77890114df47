"""
`python3 -I -S <this folder> <absolute path of start.json>`: run one attempt.
`python3 -I -S <this folder> --slot <absolute path of slot.json>`: wait for an attempt; see container_slot.
`python3 -I -S <this folder> --fork-server <padding>`: fork a process for each attempt; see fork_server.
"""

import os
import sys

# Append the path, so that nothing beside this package can shadow a module of the standard library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Python compiles this file at every start. All other code is in modules, whose bytecode is cached.
if __name__ == "__main__":
    if sys.argv[1:2] == ["--fork-server"]:
        from pumphouse_bootstrap.fork_server import serve_forks

        serve_forks()
    elif sys.argv[1:2] == ["--slot"] and len(sys.argv) == 3:
        from pumphouse_bootstrap.attempt import run_slot

        run_slot(sys.argv[2])
    elif len(sys.argv) == 2:
        from pumphouse_bootstrap.attempt import run_attempt

        run_attempt(sys.argv[1])
    else:
        sys.exit("usage: pumphouse_bootstrap <absolute path of start.json>")
