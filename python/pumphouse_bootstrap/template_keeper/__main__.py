"""`python3 -I -S <this folder> <descriptor of the plan>`; see keeper.Plan. Standard input ends when the server ends."""

import json
import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from pumphouse_bootstrap.template_keeper.keeper import Plan, keep_template

if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), encoding="utf-8") as file:
        plan = Plan(json.load(file))
    keep_template(plan)
