"""Programs with threads and processes of their own, and those that end in each way."""

from __future__ import annotations

_PROCESSES = """
import dlt, multiprocessing, os, sys


def describe(number):
    return number * 2, __name__, multiprocessing.current_process().name.rpartition("-")[0], sys.argv, "dlt" in sys.modules


if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    with context.Pool(2) as pool:
        print(pool.map(describe, [1, 2, 3]))
    process = context.Process(target=os._exit, args=(7,))
    process.start()
    process.join()
    queue = context.Queue()
    print(process.exitcode, multiprocessing.get_start_method(), multiprocessing.parent_process(), context.get_start_method())
"""

ENDS: dict[str, str] = {
    "threads": """
import dlt, threading, concurrent.futures
print(threading.active_count(), threading.main_thread() is threading.current_thread(), threading.current_thread().name, threading.main_thread().daemon)
local = threading.local()
results = []
def work(number):
    local.value = number
    results.append(threading.current_thread().name)
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
[one.start() for one in threads]
[one.join() for one in threads]
print(sorted(results), hasattr(local, "value"), threading.get_native_id() == __import__("os").getpid())
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    print(list(pool.map(lambda x: x * x, range(5))))
thread = threading.Thread(target=lambda: 1 / 0, name="failing")
thread.start()
thread.join()
print("after")
""",
    **{f"processes by {method}": _PROCESSES.replace("METHOD", method) for method in ("fork", "spawn", "forkserver")},
    "a pool of processes": """
import dlt, concurrent.futures
from multiprocessing import shared_memory


def square(number):
    return number * number


if __name__ == "__main__":
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print(list(pool.map(square, range(6))))
    block = shared_memory.SharedMemory(create=True, size=1000)
    block.buf[:3] = b"abc"
    other = shared_memory.SharedMemory(block.name)
    print(bytes(other.buf[:3]))
    other.close()
    block.close()
    block.unlink()
""",
    "asyncio": """
import dlt, asyncio
async def main():
    process = await asyncio.create_subprocess_exec("echo", "from a child", stdout=asyncio.subprocess.PIPE)
    print((await process.communicate())[0], process.returncode)
    print(await asyncio.gather(*(asyncio.sleep(0, number) for number in range(3))), await asyncio.to_thread(sum, [1, 2]))
    print(type(asyncio.get_running_loop()).__name__, asyncio.get_running_loop().get_debug())
asyncio.run(main())
print(type(asyncio.get_event_loop_policy()).__name__)
async def never():
    pass
never()
print('after')
""",
    "signals": """
import dlt, os, signal, time
print({one.name: str(signal.getsignal(one)) for one in signal.Signals if one.name != "SIGKILL"})
print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.set_wakeup_fd(-1), signal.getitimer(signal.ITIMER_REAL))
got = []
signal.signal(signal.SIGUSR1, lambda number, frame: got.append((number, frame.f_code.co_name)))
os.kill(os.getpid(), signal.SIGUSR1)
print(got)
signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.01)
signal.pause()
read, write = os.pipe()
os.close(read)
try:
    os.write(write, b"x")
except BrokenPipeError as error:
    print(error)
""",
    "a signal that ends": """
import dlt, os, signal
os.kill(os.getpid(), signal.SIGTERM)
signal.pause()
""",
    "an interrupt": """
import dlt, os, signal
print('before')
os.kill(os.getpid(), signal.SIGINT)
""",
    "exit functions": """
import dlt, atexit, weakref
class Kept:
    pass
kept = Kept()
atexit.register(print, "first registered")
atexit.register(lambda: 1 / 0)
atexit.register(print, "last registered")
weakref.finalize(kept, print, "finalized")
print("end")
""",
    "objects at the end": """
import dlt
class Kept:
    def __del__(self):
        print("deleted")
kept = Kept()
print("end")
""",
    "an exit code": """
import dlt, sys
print('x', end='')
sys.exit(-3)
""",
    "an exit with a message": """
import dlt
raise SystemExit('the message')
""",
    "an exit at once": """
import dlt, os, sys
sys.stdout.write('written ')
sys.stdout.flush()
os._exit(9)
""",
    "an exit in a child": """
import dlt, os, sys
sys.stdout.write("once\\n")
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    sys.exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""",
    "a segmentation fault": """
import dlt, ctypes
print('before', flush=True)
ctypes.string_at(0)
""",
    "an abort": """
import dlt, os
print('before')
os.abort()
""",
    "a report of a fault": """
import dlt, faulthandler, ctypes
faulthandler.enable()
ctypes.string_at(0)
""",
    "a traceback": """
import dlt, traceback
try:
    dlt.pipeline("p", destination="no such destination")
except Exception:
    traceback.print_exc()
def inner(value):
    return {"a": 1}[value]
def outer():
    try:
        inner("b")
    except KeyError as error:
        raise ExceptionGroup("several", [ValueError(1)]) from error
outer()
""",
    "the stack": """
import dlt, traceback, inspect
traceback.print_stack()
print([frame.function for frame in inspect.stack()])
""",
    "imports of what is not there": """
import dlt
try:
    import nothing_like_it
except ModuleNotFoundError as error:
    print(error, error.name)
import jobs_of_nobody
""",
    "children": """
import dlt, subprocess, sys, os
child = "import sys, os, signal; print(sys.path[:1], sys.flags.unbuffered, 'dlt' in sys.modules, os.getcwd(), signal.getsignal(signal.SIGPIPE), sorted(os.listdir('/proc/self/fd'))[:-1])"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True))
print(subprocess.run("exit 3", shell=True).returncode, subprocess.getoutput("echo $LANG $HOME; umask; ulimit -n"), os.system("exit 4") >> 8)
subprocess.run([sys.executable, "-m", "shop"], check=False)
""",
    "another program in its place": """
import dlt, os, sys
print('before', flush=True)
os.execv(sys.executable, [sys.executable, '-c', 'import sys; print(sys.argv)', 'a', 'b'])
""",
    "the fork of a process": """
import dlt, os, threading
os.register_at_fork(before=lambda: print("before", flush=True), after_in_parent=lambda: print("parent", flush=True))
pid = os.fork()
if pid == 0:
    os._exit(threading.active_count())
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""",
    "a limit of memory": """
import dlt, resource
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used + 2**27, used + 2**27))
try:
    bytearray(2**28)
except MemoryError:
    print("no memory")
print(len(bytearray(2**20)))
""",
    "2 GB of memory": """
import dlt
block = bytearray(2 * 1024**3)
block[::4096] = b"x" * (len(block) // 4096)
print(len(block), block.count(b"x", 0, 40960))
del block
print("freed")
""",
}
