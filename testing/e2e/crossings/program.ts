/**
 * The jobs of the crossings. Rows and markers are in local data. A job whose input `stop` is true kills itself once it has
 * extracted, so that load packages are pending.
 */
const program = `
import os, signal, time
import dlt
from dlt.hub import run

DATA = os.path.abspath(".dlt/data/prod")


def open_pipeline(name, file=None):
    destination = dlt.destinations.duckdb(f"{DATA}/{file or name}.duckdb")
    return dlt.pipeline(name, destination=destination, dataset_name="d")


def read(pipeline, query):
    with pipeline.sql_client() as client:
        return [row[0] for row in client.execute_sql(query)]


def await_file(name):
    while not os.path.exists(f"{DATA}/{name}"):
        time.sleep(0.05)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


@run.job
def retried(day: str, run_context: run.TJobRunContext):
    """Fails between two pipelines in its first attempt."""
    is_first = not os.path.exists(f"{DATA}/retried")
    open_pipeline("orders").run([{"id": 1}, {"id": 2}], table_name="orders", write_disposition="merge", primary_key="id")
    if is_first:
        open(f"{DATA}/retried", "w").close()
        raise ValueError(f"first attempt of {day}")
    open_pipeline("items").run([{"id": 1}], table_name="items")
    print("retried", day, run_context["run_args"]["input"])


@run.job
def paired(day: str, stop: bool = False, until: str = ""):
    """Loads each day with two pipelines."""
    print("called with", day, flush=True)
    pipelines = [open_pipeline("left"), open_pipeline("right")]
    for pipeline in pipelines:
        if stop:
            pipeline.extract([{"day": day}], table_name="days")
            pipeline.normalize()
        else:
            pipeline.run([{"day": day}], table_name="days")
    if stop:
        kill()
    print("days", *[read(pipeline, "select day from days order by day") for pipeline in pipelines], flush=True)
    if until:
        await_file(until)


@run.job(auto_refresh_pipeline_mode="drop_sources")
def reloaded(rows: int, run_context: run.TJobRunContext, stop: bool = False, until: str = ""):
    """Appends numbers. A refresh drops what is there."""
    pipeline = open_pipeline("reloaded")
    data = dlt.resource([{"id": number} for number in range(rows)], name="numbers")
    if stop:
        pipeline.extract(data)
        kill()
    pipeline.run(data)
    print("numbers", read(pipeline, "select count(*) from numbers")[0], "refresh", run_context["refresh"], flush=True)
    if until:
        await_file(until)


@run.job(auto_refresh_pipeline_mode="drop_sources")
def both(rows: int, run_context: run.TJobRunContext):
    """Appends numbers with two pipelines."""
    pipelines = [open_pipeline("one"), open_pipeline("other")]
    for pipeline in pipelines:
        pipeline.run([{"id": number} for number in range(rows)], table_name="numbers")
    counts = [read(pipeline, "select count(*) from numbers")[0] for pipeline in pipelines]
    print("refresh", run_context["refresh"], counts)


@run.job
def analysed(until: str = "", stop: bool = False):
    """Its pipeline has the name of a database in secrets.toml."""
    pipeline = open_pipeline("analytics")
    if stop:
        pipeline.extract([{"id": 1}], table_name="events")
        kill()
    pipeline.run([{"id": 1}], table_name="events")
    print("wrote with", dlt.secrets["destination.postgres.credentials.password"], flush=True)
    if until:
        await_file(until)


@run.job(incremental_mode="interval")
def windowed():
    """Appends the day of its window. The first window is killed between extract and load."""
    start, _ = dlt.current.interval()
    pipeline = open_pipeline("windowed")
    is_first = not os.path.exists(f"{DATA}/windowed")
    data = dlt.resource([{"day": start.date().isoformat()}], name="days", write_disposition="append")
    if is_first:
        open(f"{DATA}/windowed", "w").close()
        pipeline.extract(data)
        kill()
    pipeline.run(data)
    print("days", read(pipeline, "select day from days order by day"), flush=True)
`;

/** Adds a job whose parameters and columns change from version to version. */
export const versioned = (parameters: string, row: string) => `${program}

@run.job
def versioned(${parameters}, stop: bool = False, until: str = ""):
    pipeline = open_pipeline("versioned")
    data = [${row}]
    if stop:
        pipeline.extract(data, table_name="rows")
        kill()
    pipeline.run(data, table_name="rows")
    print("rows", read(pipeline, "select count(*) from rows")[0], flush=True)
    if until:
        await_file(until)
`;
