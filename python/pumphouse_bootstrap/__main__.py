"""`python3 -I -S <this folder> <absolute path of start.json>`, or `... slot <absolute path of slot.json>`"""

import os
import sys

# Append the path, so that nothing beside this package can shadow a module of the standard library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Python compiles this file at every start. All other code is in modules, whose bytecode is cached.
from pumphouse_bootstrap.attempt import run_attempt, run_slot

if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "slot":
        run_slot(sys.argv[2])
    if len(sys.argv) != 2:
        sys.exit("usage: pumphouse_bootstrap [slot] <absolute path of start.json or slot.json>")
    run_attempt(sys.argv[1])
