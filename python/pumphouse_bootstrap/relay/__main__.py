"""`<python> -I -S <this folder>/__main__.py`: serve connections requested on descriptor 0 until it ends."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# Python compiles this file at every start. All other code is in modules, whose bytecode is cached.
from pumphouse_bootstrap.relay.forwarding import run_relay

if __name__ == "__main__":
    run_relay(0, 1)
