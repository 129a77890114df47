"""`<environment>/bin/python -u <this file> <descriptor of the launch request>`"""

import os
import sys

# The folder of this file, unless PYTHONSAFEPATH is set. User code must not find it.
if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]
_BOOTSTRAP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.append(_BOOTSTRAP)

from pumphouse_bootstrap.inside.launch.launch import launch

sys.path.remove(_BOOTSTRAP)

if __name__ == "__main__":
    launch(int(sys.argv[1]))
