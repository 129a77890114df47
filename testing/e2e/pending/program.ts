/**
 * Loads three new orders and three new customers with each run, each with a nested table, so that a package has at least
 * four load jobs. The workspace variable `STOP` ("<point> <how>") makes a run end at a point: it prints `stopping`, then
 * kills itself, uses up its memory, or hangs until the test ends it.
 *
 * The name of the file is `<destination>_<disposition>`, with anything after it, and names the pipeline as well.
 */
export const program = `
import os, signal, time
import dlt
from dlt.common.storages.load_package import PackageStorage
from dlt.load.load import Load
from dlt.normalize.normalize import Normalize

DATA = os.path.abspath(".dlt/data/prod")
os.environ["LOAD__WORKERS"] = "1"
point, _, how = os.environ.get("STOP", "").partition(" ")


def end(*reached):
    print("stopping", *reached, flush=True)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    eaten = []
    while True:
        if how == "memory":
            eaten.append(bytearray(16 * 1024 * 1024))
        else:
            time.sleep(0.1)


def complete_job(packages, load_id, file_name, complete=PackageStorage.complete_job):
    complete(packages, load_id, file_name)
    jobs = packages.get_load_package_jobs(load_id)
    done, total = len(jobs["completed_jobs"]), sum(map(len, jobs.values()))
    if done * 2 >= total:
        end(f"with {done} of {total} jobs done")


if point == "normalize":
    Normalize.run = lambda *args, **kwargs: end()
elif point == "in-normalize":
    Normalize.spool_files = lambda *args, **kwargs: end()
elif point == "load":
    Load.run = lambda *args, **kwargs: end()
elif point == "in-load":
    PackageStorage.complete_job = complete_job
elif point == "unrecorded":
    # The first job is at the destination, and its package does not say so.
    PackageStorage.save_pending_transition = lambda *args: end()

name = os.path.splitext(os.path.basename(__file__))[0]
kind, disposition = name.split("_")[:2]


@dlt.resource(write_disposition=disposition, primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    print(f"asked after {after.last_value}", flush=True)
    first = after.last_value + 1
    yield [{"id": number, "parts": [{"part": 1}, {"part": 2}]} for number in range(first, first + 3)]


@dlt.resource(write_disposition=disposition, primary_key="id")
def customers(after=dlt.sources.incremental("id", initial_value=0)):
    first = after.last_value + 1
    yield [{"id": number, "tags": [{"tag": "new"}]} for number in range(first, first + 3)]


@dlt.source
def shop():
    return orders, customers


def destination():
    if kind == "postgres":
        return dlt.destinations.postgres(os.environ["SHOP_DATABASE"])
    if kind == "filesystem":
        return dlt.destinations.filesystem(bucket_url=f"file://{DATA}/bucket")
    return dlt.destinations.duckdb(f"{DATA}/shop_{name}.duckdb")


if __name__ == "__main__":
    pipeline = dlt.pipeline(name, destination=destination(), dataset_name=name)
    pipeline.run(shop())
    with pipeline.sql_client() as client:
        def read(query):
            return [row[0] for row in client.execute_sql(query)]

        ids = sorted(read("SELECT id FROM orders"))
        others = sorted(read("SELECT id FROM customers"))
        nested = read("SELECT count(*) FROM orders__parts") + read("SELECT count(*) FROM customers__tags")
    print("loaded", ids, others == ids, nested, flush=True)
`;
