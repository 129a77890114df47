"""Resolve intervals with dlt's local runner: one JSON case per input line, one answer for each."""

import json
import sys
from datetime import datetime

from dlt._workspace.deployment._run_helpers import resolve_interval

for line in sys.stdin:
    case = json.loads(line)
    now = datetime.fromisoformat(case["now"])
    start, end, _ = resolve_interval(None, None, case["job"], case["trigger"], now, case["refresh"])
    print(json.dumps([start.isoformat(), end.isoformat()]))
