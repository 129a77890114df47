"""`python3 -I -S <this folder> <absolute path of start.json>`"""

import os
import sys

# Last, so that nothing beside this package can stand in for a module of the standard library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# This file is compiled at every start; all else is in modules, whose bytecode is kept.
from pumphouse_bootstrap.attempt import run_attempt

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pumphouse_bootstrap <absolute path of start.json>")
    run_attempt(sys.argv[1])
