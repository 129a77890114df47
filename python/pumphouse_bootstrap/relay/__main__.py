"""`<python> -I -S <this folder>/__main__.py`: serves the connections that descriptor 0 asks for, until it ends."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# This file is compiled at every start; all else is in modules, whose bytecode is kept.
from pumphouse_bootstrap.relay.forwarding import run_relay

if __name__ == "__main__":
    run_relay(0, 1)
