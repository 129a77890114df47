"""Programs that print the state in which their interpreter started."""

from __future__ import annotations

STATES: dict[str, str] = {
    "modules that are loaded": """
import dlt, sys
print(sorted(sys.modules))
""",
    "environment": """
import os, dlt
hidden = ("PUMPHOUSE", "DLTHUB", "RUNTIME__", "DLT_", "JOBS__")
print({name: value for name, value in sorted(os.environ.items()) if not name.startswith(hidden) and name != "_"})
print(os.getenv("SHELL"), os.environb[b"LANG"], os.get_exec_path())
""",
    "the environment of the process": """
import dlt
print('WORKSPACE__PROFILE' in open('/proc/self/environ').read())
""",
    "logging": """
import dlt, logging, sys
print(logging.root.handlers, logging.root.level, logging.lastResort, logging.getLoggerClass(), logging.raiseExceptions)
print(logging.getLogger("dlt").handlers, logging.getLogger("dlt").level, logging.getLogger("dlt").propagate)
logging.getLogger("lonely").warning("by the handler of last resort")
logging.warning("by the root")
logging.getLogger("mine").error("by %s", "mine")
logging.basicConfig(level="DEBUG", stream=sys.stdout, force=True, format="%(levelname)s %(name)s %(processName)s %(threadName)s %(message)s")
logging.debug("to the output")
""",
    "random numbers": """
import dlt, random, secrets, ssl, tempfile, uuid
drawn = [random.random(), secrets.token_hex(8), ssl.RAND_bytes(8), uuid.uuid4(), uuid.uuid1(), tempfile.mktemp()]
print(len(set(map(str, drawn))), uuid.uuid4().version, uuid.uuid5(uuid.NAMESPACE_DNS, "a.b"))
random.seed(7)
print(random.random(), random.choice("abc"), random.gauss(0, 1), random.Random("text").random())
""",
    "numpy": """
import dlt
import numpy
numpy.random.seed(3)
print(numpy.random.rand(3).tolist(), numpy.random.default_rng(5).integers(0, 100, 5).tolist(), float(numpy.dot(numpy.ones(500), numpy.ones(500))))
print(numpy.geterr(), numpy.get_printoptions()["precision"])
""",
    "ssl": """
import dlt, ssl
context = ssl.create_default_context()
print(context.verify_mode, context.check_hostname, context.minimum_version, len(context.get_ca_certs()) > 0, ssl.OPENSSL_VERSION)
print(ssl.get_default_verify_paths())
""",
    "buffers and their order": """
import dlt, os, sys, subprocess
print("one")
sys.stderr.write("errors\\n")
os.write(1, b"two\\n")
subprocess.run(["echo", "three"])
sys.stdout.buffer.write(b"four\\n")
sys.stdout.write("five")
print(sys.stdout.line_buffering, sys.stdout.write_through, sys.stderr.line_buffering, sys.stdout.isatty(), sys.stdout.fileno(), sys.stdout.name, sys.stdout.mode)
open(1, "w", closefd=False).write("six\\n")
""",
    "encodings": """
import dlt, locale, sys
print(sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdin.encoding, sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.getdefaultencoding())
print("ä€😀", locale.getpreferredencoding(False), open("/dev/null").encoding)
print("\\udcff", file=sys.stderr)
print('\\ud800')
""",
    "names of the program": """
'''The documentation.'''
import dlt, sys, inspect
import __main__
print(__name__, __file__, __doc__, __package__, __spec__.name, __spec__.origin, __cached__, type(__loader__).__name__, __builtins__.__name__)
print(sys.modules["__main__"] is __main__, "jobs" in sys.modules, sorted(name for name in vars(__main__) if name.startswith("__")))
print(sys.argv, sys.orig_argv[1:], sys.executable, sys.prefix, sys.exec_prefix, sys.base_prefix)
print(inspect.getsource(sys.modules["__main__"]).count("import"), inspect.getmodule(inspect.currentframe()).__name__)
print(sys.flags, sys.warnoptions, sys._xoptions, sys.dont_write_bytecode, sys.pycache_prefix, sys.hash_info.width, sys.platform, sys.hexversion)
""",
    "the search for modules": """
import dlt, sys, importlib, os
os.makedirs("lib", exist_ok=True)
open("lib/found.py", "w").write("VALUE = 1\\n")
sys.path.insert(0, os.path.join(os.getcwd(), "lib"))
import found
print(sys.path, sys.meta_path[:3], len(sys.path_hooks))
print(found.VALUE, found.__file__)
open("lib/found.py", "w").write("VALUE = 22\\n")
importlib.invalidate_caches()
print(importlib.reload(found).VALUE, found.__spec__.name)
import dlt.common
print(importlib.reload(dlt.common).__name__)
""",
    "pickles": """
import dlt, pickle, copyreg
class Thing:
    def __init__(self, value):
        self.value = value
    def __eq__(self, other):
        return self.value == other.value
data = pickle.dumps(Thing(3))
print(Thing.__module__, Thing.__qualname__, pickle.loads(data) == Thing(3), b"__main__" in data, len(data))
try:
    pickle.dumps(lambda: 1)
except Exception as error:
    print(type(error).__name__, error)
""",
    "the interpreter": """
import dlt, sys
print(sys.excepthook is sys.__excepthook__, sys.unraisablehook is sys.__unraisablehook__, sys.displayhook is sys.__displayhook__, sys.gettrace(), sys.getprofile())
class Bad:
    def __del__(self):
        raise RuntimeError("in a finalizer")
Bad()
print("after")
print(sys.getrecursionlimit())
def descend(number):
    return descend(number + 1)
try:
    descend(0)
except RecursionError as error:
    print(error)
import gc
print(gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.garbage, gc.callbacks)
one = []
one.append(one)
del one
print(gc.collect() > 0, hasattr(sys, "ps1"), hasattr(sys, "last_exc"), sys.getswitchinterval(), sys.is_finalizing())
print([name for name in sys.modules if "pumphouse_bootstrap" in name], len({hash(str(number)) for number in range(100)}), hash(12))
""",
    "objects that the collector knows": """
import dlt, gc
print(gc.get_freeze_count())
""",
    "warnings": """
import dlt, warnings
warnings.warn("by the user")
warnings.warn("deprecated", DeprecationWarning)
def old():
    warnings.warn("deprecated in a function", DeprecationWarning, stacklevel=2)
old()
print(len(warnings.filters), warnings.showwarning.__module__)
open("/dev/null")
x = eval("1 is 1")
print("\\d")
""",
    "folders and files": """
import dlt, os, sys, tempfile
print(repr(sys.stdin.read()), sys.stdin.isatty(), sys.stdin.fileno())
print(os.getcwd(), sorted(os.listdir(".")), oct(os.umask(0o22)), os.path.abspath(__file__))
open("made.txt", "w").close()
print(oct(os.stat("made.txt").st_mode), tempfile.gettempdir(), os.path.expanduser("~"), os.access("/", os.W_OK))
os.chdir("/tmp")
print(os.getcwd())
with tempfile.NamedTemporaryFile() as file:
    print(os.path.dirname(file.name), oct(os.stat(file.name).st_mode))
""",
    "descriptors": """
import dlt, os, fcntl
print(sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1])
print([fcntl.fcntl(number, fcntl.F_GETFD) for number in (0, 1, 2)], [os.get_blocking(number) for number in (0, 1, 2)])
file = open("/dev/null")
print(file.fileno(), os.get_inheritable(file.fileno()))
""",
    "limits": """
import dlt, resource, os
print({name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")})
print(os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), len(os.sched_getaffinity(0)), os.cpu_count())
print(os.getsid(0) > 0, os.getpgrp() == os.getpid(), os.nice(0))
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
files = []
try:
    while True:
        files.append(open("/dev/null"))
except OSError as error:
    print(len(files), error)
""",
    "locales and time zones": """
import dlt, locale, time, calendar
print(locale.getlocale(), locale.setlocale(locale.LC_ALL), locale.localeconv()["decimal_point"], calendar.month_name[1], f"{1234567.5:n}")
print(locale.setlocale(locale.LC_ALL, ""), sorted(["b", "A", "ä", "a"], key=locale.strxfrm))
import datetime, os, zoneinfo
print(time.tzname, time.timezone, time.daylight, datetime.datetime(2026, 7, 1).astimezone().tzinfo)
os.environ["TZ"] = "Asia/Tokyo"
time.tzset()
print(time.tzname, datetime.datetime.fromtimestamp(0), zoneinfo.ZoneInfo("Europe/Berlin").utcoffset(datetime.datetime(2026, 7, 1)))
print(dlt.common.pendulum.now().timezone_name)
""",
    "a time zone of the job": """
import dlt, time, datetime
print(time.tzname, datetime.datetime.fromtimestamp(0))
""",
    "contexts": """
import dlt, contextvars, decimal
print([(variable.name) for variable in contextvars.copy_context() if not variable.name.startswith(("dlt", "decimal", "_"))])
print(decimal.getcontext())
variable = contextvars.ContextVar("mine", default=1)
variable.set(2)
print(variable.get(), contextvars.Context().run(variable.get))
""",
    "the command line": """
import dlt
print(open('/proc/self/cmdline').read().split(chr(0))[1:])
print(open('/proc/self/comm').read())
""",
    "a load": """
import dlt
pipeline = dlt.pipeline("p", destination="duckdb", dataset_name="d")
pipeline.run([{"id": number, "at": "2026-01-01T00:00:00Z"} for number in range(20)], table_name="rows")
with pipeline.sql_client() as client:
    print(client.execute_sql("select count(*), sum(id) from rows"))
print(sorted(pipeline.last_trace.last_normalize_info.row_counts.items()))
""",
}
