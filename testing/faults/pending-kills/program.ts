export const pipelineNames = ['duckdb', 'filesystem', 'postgres'].flatMap((kind) =>
  ['append', 'merge', 'replace'].map((disposition) => `${kind}_${disposition}`),
);
/** Time limits of jobs, in seconds. */
export const limits = [1, 2, 4, 7];
export const limitedName = (name: string, seconds: number) => `${name}_limited${seconds}`;

/** How many orders each run asks the source for. */
export const ordersPerRun = 40;
/** Each order has a row of its own and two nested ones. Every row has a mark that no other row has. */
export const marksOf = (id: number): string[] => [`order-${id}`, `part-${id}-1`, `part-${id}-2`];

/**
 * A pipeline with about a dozen load jobs a package, made slow enough to be killed anywhere. `<destination>_<disposition>`
 * loads; with `_limited<seconds>` it does the same under a time limit; `read_<destination>_<disposition>` counts the rows
 * at the destination. Each run appends what it does to a journal in local data. Under replace each run asks for other ids.
 */
export const program = `
import collections, json, os, random, re, time
import dlt
from dlt.common.storages.load_package import PackageStorage
from dlt.extract.storage import ExtractStorage
from dlt.load.load import Load

DATA = os.path.abspath(".dlt/data/prod")
parts = os.path.splitext(os.path.basename(__file__))[0].split("_")
is_reader = parts[0] == "read"
kind, disposition = parts[1:3] if is_reader else parts[:2]
name = f"{kind}_{disposition}"
JOURNAL = f"{DATA}/{name}.journal"
os.environ.update(
    LOAD__WORKERS="3",
    NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS="10",
    NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION="true",
)


def note(event, **details):
    line = json.dumps({"event": event, "run": os.environ["RUNTIME__RUN_ID"], **details}) + "\\n"
    descriptor = os.open(JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def read_journal():
    try:
        with open(JOURNAL) as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


asked = {}


def commit_package(storage, load_id, schema, commit=ExtractStorage.commit_new_load_package):
    commit(storage, load_id, schema)
    note("extracted", load_id=load_id, **asked)


def start_job(packages, load_id, file_name, start=PackageStorage.start_job):
    time.sleep(0.03)
    note("job", load_id=load_id, file=file_name)
    return start(packages, load_id, file_name)


def save_outcome(packages, load_id, file_name, *rest, save=PackageStorage.save_pending_transition):
    # The moment in which a job is at the destination, and its package does not say so.
    time.sleep(random.random() * 0.04)
    save(packages, load_id, file_name, *rest)


def resume_jobs(load, load_id, schema, resume=Load.resume_started_jobs):
    packages = load.load_storage.normalized_packages
    for path in packages.list_started_jobs(load_id):
        file_name = os.path.basename(path)
        if packages.load_pending_transition(load_id, file_name) is None:
            with open(packages.storage.make_full_path(path), errors="replace") as file:
                marks = re.findall(r"(?:order|part)-[0-9-]*[0-9]", file.read())
            note("repeated", load_id=load_id, file=file_name, marks=marks)
    return resume(load, load_id, schema)


def normalize(pipeline, *args, original=dlt.Pipeline.normalize, **kwargs):
    note("normalizing")
    info = original(pipeline, *args, **kwargs)
    note("normalized")
    return info


ExtractStorage.commit_new_load_package = commit_package
PackageStorage.start_job = start_job
PackageStorage.save_pending_transition = save_outcome
Load.resume_started_jobs = resume_jobs
dlt.Pipeline.normalize = normalize


@dlt.resource(write_disposition=disposition, primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    if disposition == "replace":
        first = 1 + max((entry["last"] for entry in read_journal() if entry["event"] == "asked"), default=0)
    else:
        first = after.last_value + 1
    asked.update(first=first, last=first + ${ordersPerRun} - 1)
    note("asked", **asked)
    for page in range(first, first + ${ordersPerRun}, ${ordersPerRun / 4}):
        time.sleep(0.1)
        yield [
            {"id": n, "mark": f"order-{n}", "parts": [{"mark": f"part-{n}-1"}, {"mark": f"part-{n}-2"}]}
            for n in range(page, page + ${ordersPerRun / 4})
        ]


def destination():
    if kind == "postgres":
        return dlt.destinations.postgres(os.environ["SHOP_DATABASE"])
    if kind == "filesystem":
        return dlt.destinations.filesystem(bucket_url=f"file://{DATA}/bucket")
    return dlt.destinations.duckdb(f"{DATA}/shop_{name}.duckdb")


def count_rows():
    with dlt.dataset(destination(), name).sql_client as client:
        rows = client.execute_sql("SELECT mark FROM orders") + client.execute_sql("SELECT mark FROM orders__parts")
    with open(f"{DATA}/{name}.rows", "w") as file:
        json.dump(collections.Counter(row[0] for row in rows), file)


if __name__ == "__main__":
    if is_reader:
        count_rows()
    else:
        note("began", pid=os.getpid(), namespace=os.readlink("/proc/self/ns/pid"))
        dlt.pipeline(name, destination=destination(), dataset_name=name).run(orders())
        note("ended")
`;
