/**
 * User code of the suite that uses local data: runs STEPS (JSON) in its folder in order, and reports each
 * result. The step `started` reports to STARTED_URL and waits for the response.
 */
export const localDataProgram = `
import fcntl, json, os, threading, time, urllib.request

folder = ".dlt/data/" + os.environ["FOLDER"]
opened = {}

def path(name):
    return f"{folder}/{name}"

def write(name, text):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w") as file:
        return file.write(text)

def read(name):
    with open(path(name)) as file:
        return file.read()

def open_file(name):
    opened[name] = open(path(name))
    return os.fstat(opened[name].fileno()).st_ino

def await_replacement(name):
    deadline = time.monotonic() + 300
    while os.stat(path(name)).st_ino == os.fstat(opened[name].fileno()).st_ino:
        if time.monotonic() > deadline:
            return "never"
        time.sleep(0.01)

def await_absence(name):
    deadline = time.monotonic() + 300
    while os.path.lexists(path(name)):
        if time.monotonic() > deadline:
            return "never"
        time.sleep(0.01)

def make_sparse(name, size):
    with open(path(name), "wb") as file:
        file.truncate(size)

def lock(name):
    opened[name] = open(path(name), "r+")
    fcntl.lockf(opened[name], fcntl.LOCK_EX | fcntl.LOCK_NB)

def write_locked(name, text):
    opened[name].write(text)
    opened[name].flush()
    return os.path.samestat(os.fstat(opened[name].fileno()), os.stat(path(name)))

def run_duckdb(name, statement):
    import duckdb
    with duckdb.connect(path(name)) as connection:
        if statement.startswith("SELECT"):
            return connection.execute(statement).fetchall()
        connection.execute(statement)
        return "done"

def run_sqlite(name, statement):
    import sqlite3
    with sqlite3.connect(path(name)) as connection:
        rows = connection.execute(statement).fetchall()
    connection.close()
    return rows

def write_noise(name, size):
    with open(path(name), "wb") as file:
        for at in range(0, size, 1_000_000):
            file.write(os.urandom(min(1_000_000, size - at)))

def hold_duckdb(name):
    import duckdb
    opened[name] = duckdb.connect(path(name))

def run_in_held_duckdb(name, statement):
    opened[name].execute(statement)
    opened[name].close()

steps = {
    "list": lambda: sorted(os.path.relpath(os.path.join(at, name), folder) for at, below, names in os.walk(folder) for name in below + names),
    "write": write,
    "read": read,
    "read-as": lambda profile, name: open(f".dlt/data/{profile}/{name}").read(),
    "read-opened": lambda name: opened[name].read(),
    "open": open_file,
    "link": lambda name, to: os.symlink(to, path(name)),
    "read-link": lambda name: os.readlink(path(name)),
    "pipe": lambda name: os.mkfifo(path(name)),
    "sparse": make_sparse,
    "size": lambda name: os.stat(path(name)).st_size,
    "remove": lambda name: os.unlink(path(name)),
    "lock": lock,
    "write-locked": write_locked,
    "await-replacement": await_replacement,
    "await-absence": await_absence,
    "started": lambda: threading.Thread(target=lambda: urllib.request.urlopen(os.environ["STARTED_URL"]).read(), daemon=True).start(),
    "await-finish": lambda: int(urllib.request.urlopen(os.environ["STARTED_URL"]).read()),
    "duckdb": run_duckdb,
    "sqlite": run_sqlite,
    "noise": write_noise,
    "hold-duckdb": hold_duckdb,
    "held-duckdb": run_in_held_duckdb,
}

def take(name, *arguments):
    try:
        return steps[name](*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"

results = [take(*step) for step in json.loads(os.environ["STEPS"])]
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(results).encode()).read()
os._exit(0)
`;
