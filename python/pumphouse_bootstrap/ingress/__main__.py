"""`<python> -I -S <this file> <uid or -1>`: end with descriptor 0; descriptor 1 is a listening socket."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# Python compiles this file at every start. All other code is in modules, whose bytecode is cached.
from pumphouse_bootstrap.ingress.forwarding import run_ingress

if __name__ == "__main__":
    run_ingress(int(sys.argv[1]))
