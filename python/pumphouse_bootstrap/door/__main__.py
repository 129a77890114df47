"""`<python> -I -S <this file> <uid or -1>`: descriptor 0 ends when this is to end, descriptor 1 is a listening socket."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# This file is compiled at every start; all else is in modules, whose bytecode is kept.
from pumphouse_bootstrap.door.forwarding import run_door

if __name__ == "__main__":
    run_door(int(sys.argv[1]))
