"""`<environment>/bin/python -u <this file> <descriptor of the socket to the bootstrap> <modules...>`"""

import os
import sys

# The folder of this file: user code must not find it.
del sys.path[0]
_BOOTSTRAP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.append(_BOOTSTRAP)

from pumphouse_bootstrap.inside.prepared.waiting import wait_for_run

sys.path.remove(_BOOTSTRAP)

if __name__ == "__main__":
    wait_for_run(int(sys.argv[1]), sys.argv[2:])
