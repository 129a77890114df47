"""`<an interpreter of the machine> -I -S <this file> <descriptor of the control file>`"""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# Python compiles this file at every start. All other code is in modules, whose bytecode is cached.
from pumphouse_bootstrap.inside.stage import run_stage

if __name__ == "__main__":
    run_stage(int(sys.argv[1]))
