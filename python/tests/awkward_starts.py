"""Programs that act before they import dlt, or import no dlt. Each prints what became of it."""

from __future__ import annotations

STARTS: dict[str, str] = {
    "variables for dlt": """
import os
os.environ["DLT_DATA_DIR"] = "/tmp/elsewhere"
os.environ["DLT_USE_JSON"] = "simplejson"
import dlt
from dlt.common import json
print(dlt.current.run_context().data_dir, json._impl_name)
""",
    "a patched session": """
import requests
class Session(requests.Session):
    pass
requests.Session = Session
import dlt
from dlt.sources.helpers import requests as helper
print(Session in type(helper.Client().session).__mro__)
""",
    "a class of loggers": """
import logging
class Mine(logging.Logger):
    pass
logging.setLoggerClass(Mine)
import dlt, urllib3, requests
print(sorted(name for name, one in logging.root.manager.loggerDict.items() if isinstance(one, Mine)))
""",
    "filters of warnings": """
import warnings
warnings.filterwarnings("error", category=FutureWarning, module="nowhere")
import dlt
print(warnings.filters)
""",
    "a patched builtin": """
import builtins
kept = builtins.__import__
seen = []
def note(name, *rest, **named):
    seen.append(name)
    return kept(name, *rest, **named)
builtins.__import__ = note
import dlt
print("dlt" in seen, any(name.startswith("dlt.") for name in seen))
""",
    "a finder of modules": """
import sys
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("dlt") and name.count(".") < 2:
            print("found", name)
sys.meta_path.insert(0, Finder)
import dlt
""",
    "a patched clock": """
import time
kept = time.time
time.time = lambda: 1_700_000_000.0
import dlt
from dlt.common import pendulum
print(time.time(), kept() > 1_700_000_001)
""",
    "a log that is set up before dlt": """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")
log = logging.getLogger(__name__)
import dlt
log.debug("mine")
logging.getLogger("dlt").info("that of dlt")
print(logging.root.handlers, logging.root.level)
""",
    "a seed before dlt": """
import random
random.seed(7)
import dlt
print(random.random(), random.getrandbits(64))
""",
    "a time zone before dlt": """
import os, time
os.environ["TZ"] = "Asia/Tokyo"
time.tzset()
import dlt
print(time.tzname, dlt.common.pendulum.now().timezone_name)
""",
    "a module that acts": """
import settings
import dlt
print(dlt.current.run_context().data_dir)
""",
    "dlt in a function": """
import os
def main():
    os.environ["DLT_DATA_DIR"] = "/tmp/elsewhere"
    import dlt
    print(dlt.current.run_context().data_dir)
if __name__ == "__main__":
    main()
""",
    "no dlt": """
import os, sys
print(sys.argv, __name__, os.getcwd())
sys.stdout.flush()
sys.exit(6)
""",
    "no dlt, a class of loggers": """
import logging
class Mine(logging.Logger):
    pass
logging.setLoggerClass(Mine)
import urllib3
print(type(logging.getLogger('urllib3')).__name__)
""",
}
