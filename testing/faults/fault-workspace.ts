import type { TestServer } from '../fixtures/server.ts';
import { readCapturedBody } from '../fixtures/captured-bodies.ts';
import { defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';

/** The output of user code in order; between the two parts it waits as long as the site holds it. */
export const linesBeforeHold = Array.from({ length: 20 }, (_, number) => `line ${number}`);
const linesAfterHold = Array.from({ length: 20 }, (_, number) => `line ${number + 20}`);
export const allLines = [...linesBeforeHold, ...linesAfterHold];
export const lastLineBeforeHold = linesBeforeHold.at(-1) ?? '';

const loadScript = `
import os, time
import dlt

data = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}"
with open(f"{data}/starts", "a") as starts:
    starts.write(os.environ["RUNTIME__RUN_ID"] + "\\n")

@dlt.destination(batch_size=100, skip_dlt_columns_and_tables=True)
def nowhere(items, table):
    pass

pipeline = dlt.pipeline("numbers", destination=nowhere, dataset_name="numbers_data")
# Nothing is pending, but from here on the run has the pipeline: it needs no server to write.
pipeline.abort_packages(dry_run=True)
for number in range(20):
    print("line", number)
while os.path.exists(f"{data}/hold"):
    time.sleep(0.02)

pipeline.run([{"n": n} for n in range(50)], table_name="numbers")
for number in range(20, 40):
    print("line", number)
`;

const followScript = `
import os

data = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}"
with open(f"{data}/starts", "a") as starts:
    starts.write(os.environ["RUNTIME__RUN_ID"] + "\\n")
print("followed")
`;

const failScript = `
print("about to fail", flush=True)
raise RuntimeError("the source said no")
`;

/** Reports a load larger than the chunk that a server reads from a spool, and never ends. */
const reportScript = `
import json, os, time, urllib.request

print("about to report", flush=True)
while os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/hold"):
    time.sleep(0.02)
with open("trace.json") as file:
    body = {**json.load(file), "padding": "x" * 3_000_000}
dsn = os.environ["RUNTIME__DLTHUB_DSN"]
urllib.request.urlopen(urllib.request.Request(f"{dsn}/trace", json.dumps(body).encode(), method="PUT"))
print("reported", flush=True)
time.sleep(3600)
`;

/** Deploys the jobs `load`, `follow` (triggered when `load` succeeds), `report` and `fail`. */
export function deployFaultWorkspace(
  server: TestServer,
  workspaceId: string,
  requirements: readonly string[] = [],
): Promise<void> {
  return deployWorkspace(server, workspaceId, {
    files: {
      'load.py': loadScript,
      'follow.py': followScript,
      'report.py': reportScript,
      'fail.py': failScript,
      'trace.json': JSON.stringify(readCapturedBody('ok/002-trace')),
    },
    jobs: [
      defineScriptJob('load'),
      defineScriptJob('follow', ['job.success:jobs.load']),
      defineScriptJob('report'),
      defineScriptJob('fail'),
    ],
    requirements,
  });
}
