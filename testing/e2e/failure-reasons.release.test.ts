import type { ClientWorkspace } from '../fixtures/client-workspace.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

const scripts = {
  'extract_fails.py': `
import dlt

@dlt.resource
def orders():
    yield {"id": 1}
    raise RuntimeError("upstream API said no\\nask again later")

if __name__ == "__main__":
    dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data").run(orders())
`,
  'load_fails.py': `
import dlt

if __name__ == "__main__":
    pipeline = dlt.pipeline("stock", destination="duckdb", dataset_name="stock_data")
    with pipeline.sql_client() as client:
        client.execute_sql("create schema stock_data")
        client.execute_sql("create table stock_data.items (id bigint check (id < 0), _dlt_load_id varchar, _dlt_id varchar)")
    pipeline.run([{"id": 1}], table_name="items")
`,
  'caught_fails.py': `
import dlt

@dlt.resource
def orders():
    raise RuntimeError("upstream API said no")

def main():
    try:
        dlt.pipeline("caught", destination="duckdb").run(orders())
    except Exception:
        print("going on")
    from shop.prices import parse
    parse("b")

if __name__ == "__main__":
    main()
`,
  'syntax_fails.py': `
def main():
    import shop.broken

if __name__ == "__main__":
    main()
`,
  'exit_fails.py': 'import sys\nif __name__ == "__main__":\n    sys.exit("nothing to load")\n',
  'shop/__init__.py': '',
  'shop/broken.py': 'prices = {\n',
  'shop/prices.py': `
class PriceError(Exception):
    pass

def parse(text):
    try:
        return {"a": 1}[text]
    except KeyError as error:
        raise PriceError(f"no price for {text}") from error
`,
};

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  workspace = await createClientWorkspace({ install, server, parentFolder, name: 'reasons' }, scripts);
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/**
 * The failure reason of a run of the script, which must be the same in the list and in the run's timeline.
 */
async function failingRun(script: string) {
  await workspace.dlthub(['run', `${script}.py`, '-f'], { expectedCode: 1 });
  const [run] = await workspace.api.listRuns(`jobs.${script}`);
  const params = { workspace_id: run?.workspace_id ?? '', job_run_id: run?.id ?? '' };
  const { reason, status } = await server.client.call('get_run_overview', { params });
  const timeline = await server.client.call('get_job_run_life', { params });
  expect(status).toBe('failed');
  expect(timeline.reason).toEqual(reason);
  expect(timeline.attempts.map((attempt) => attempt.reason)).toEqual([reason]);
  return reason;
}

it('names the step, the exception and the line of a resource that raised', async () => {
  expect(await failingRun('extract_fails')).toEqual({
    kind: 'pipeline',
    code: 'exit_code',
    title: 'RuntimeError',
    summary: 'RuntimeError: upstream API said no',
    exception_type: 'RuntimeError',
    message: 'upstream API said no\nask again later',
    step: 'extract',
    pipeline_name: 'shop',
    table: null,
    location: { file: 'extract_fails.py', line: 7, function: 'orders' },
  });
});

it('names the table that could not be loaded, and the line that ran the pipeline', async () => {
  expect(await failingRun('load_fails')).toMatchObject({
    kind: 'pipeline',
    summary: expect.stringContaining(
      'ConstraintException: Constraint Error: CHECK constraint failed',
    ) as string,
    step: 'load',
    pipeline_name: 'stock',
    table: 'items',
    location: { file: 'load_fails.py', line: 9, function: '<module>' },
  });
});

it('reports the exception that ended the run, not an earlier failed step that was caught', async () => {
  expect(await failingRun('caught_fails')).toMatchObject({
    kind: 'exception',
    summary: 'PriceError: no price for b',
    exception_type: 'shop.prices.PriceError',
    step: null,
    pipeline_name: null,
    location: { file: 'shop/prices.py', line: 9, function: 'parse' },
  });
});

it('points at the line with the syntax error', async () => {
  expect(await failingRun('syntax_fails')).toMatchObject({
    kind: 'exception',
    summary: "SyntaxError: '{' was never closed",
    location: { file: 'shop/broken.py', line: 1, function: null },
  });
});

it('reports what was observed from outside if there is nothing more specific', async () => {
  expect(await failingRun('exit_fails')).toMatchObject({
    kind: 'runtime',
    code: 'exit_code',
    title: 'Exit code other than 0',
    summary: 'The run ended with exit code 1.',
    exception_type: null,
    location: null,
  });
});
