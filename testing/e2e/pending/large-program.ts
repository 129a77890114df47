/** Kilobytes of a row, and rows of a file, of which a package has several. */
const rowKilobytes = 10;
const rowsOfFile = 500;
/** What later runs load. */
const rowsOfLaterRun = 3;

interface LargePackage {
  rows: number;
  /** The source of the program. */
  program: string;
  /** What a run prints if each row of the package, and of a later run, is there once. */
  loadedLine: string;
}

/**
 * Describes a program as `program.ts` does, whose run extracts one large package if it is to stop, and a small one otherwise. It
 * stops after a third of the files of the package.
 */
export function describeLargePackage(megabytes: number): LargePackage {
  const rows = (megabytes * 1000) / rowKilobytes;
  const last = rows + rowsOfLaterRun;
  return {
    rows,
    loadedLine: `loaded ${last} ${last} ${last} ${last * rowKilobytes * 1000}`,
    program: `
import base64, os, random, signal, time
import dlt
from dlt.common.storages.load_package import PackageStorage
from dlt.normalize.items_normalizers.jsonl import JsonLItemsNormalizer

DATA = os.path.abspath(".dlt/data/prod")
os.environ["LOAD__WORKERS"] = "1"
os.environ["DATA_WRITER__DISABLE_COMPRESSION"] = "true"
os.environ["DATA_WRITER__BUFFER_MAX_ITEMS"] = "100"
os.environ["DATA_WRITER__FILE_MAX_BYTES"] = "${rowsOfFile * rowKilobytes * 1000}"
point, _, how = os.environ.get("STOP", "").partition(" ")
ROWS = ${rows} if point else ${rowsOfLaterRun}


def stop_after(owner, name, count):
    original, left = getattr(owner, name), [count]

    def call(*args, **kwargs):
        result = original(*args, **kwargs)
        left[0] -= 1
        if left[0] == 0:
            print("stopping", flush=True)
            if how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            while True:
                time.sleep(0.1)
        return result

    setattr(owner, name, call)


if point == "in-normalize":
    stop_after(JsonLItemsNormalizer, "__call__", ${Math.max(Math.floor(rows / rowsOfFile / 3), 1)})
elif point == "in-load":
    stop_after(PackageStorage, "complete_job", ${Math.max(Math.floor(rows / rowsOfFile / 3), 1)})

name = os.path.splitext(os.path.basename(__file__))[0]


@dlt.resource(write_disposition="append", primary_key="id")
def orders(after=dlt.sources.incremental("id", initial_value=0)):
    print(f"asked after {after.last_value}", flush=True)
    first = after.last_value + 1
    for number in range(first, first + ROWS):
        yield {"id": number, "text": base64.b64encode(random.Random(number).randbytes(${rowKilobytes * 750})).decode()}


def destination():
    if name.startswith("postgres"):
        return dlt.destinations.postgres(os.environ["SHOP_DATABASE"])
    return dlt.destinations.duckdb(f"{DATA}/shop_{name}.duckdb")


if __name__ == "__main__":
    pipeline = dlt.pipeline(name, destination=destination(), dataset_name=name)
    pipeline.run(orders())
    with pipeline.sql_client() as client:
        query = "SELECT count(*), count(DISTINCT id), max(id), sum(length(text)) FROM orders"
        print("loaded", *client.execute_sql(query)[0], flush=True)
`,
  };
}
