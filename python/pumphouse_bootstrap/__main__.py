"""`python3 -I -S <this folder> <absolute path of start.json>`"""

import os
import sys

# Append the path, so that nothing beside this package can shadow a module of the standard library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Python compiles this file at every start. All other code is in modules, whose bytecode is cached.
from pumphouse_bootstrap.attempt import run_attempt

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pumphouse_bootstrap <absolute path of start.json>")
    run_attempt(sys.argv[1])
