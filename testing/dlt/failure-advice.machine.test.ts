/** The next step after real exceptions of Python, requests, dlt, DuckDB and Postgres. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findReason } from '@pumphouse/server/domain/runs/failure-reason.ts';
import { createEmptyTestDatabase, type TestDatabase } from '../fixtures/postgres.ts';
import { prepareAppClient } from '../fixtures/dlt-client.ts';
import { expectedAdvice } from './mistakes/expected-advice.ts';

const mistakesFolder = join(import.meta.dirname, 'mistakes');
const modules = ['of_python', 'of_requests', 'of_duckdb', 'of_postgres', 'of_dlt'];

let root: string;
let database: TestDatabase;
/** What Python printed, by the name of the mistake. */
let tracebacks: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pumphouse-mistakes-'));
  database = await createEmptyTestDatabase();
  const workspace = join(root, 'work', 'shop');
  await mkdir(join(workspace, '.dlt'), { recursive: true });
  for (const name of await readdir(mistakesFolder))
    if (name.startsWith('of_')) await cp(join(mistakesFolder, name), join(workspace, name));
  const { python } = await prepareAppClient();
  const { stdout } = await promisify(execFile)(
    python,
    [join(mistakesFolder, 'raise_mistakes.py'), workspace, ...modules],
    {
      env: {
        PATH: process.env['PATH'],
        HOME: root,
        DLT_DATA_DIR: join(root, 'dlt'),
        RUNTIME__DLTHUB_TELEMETRY: 'false',
        MISTAKES_DATABASE: database.url,
      },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  tracebacks = JSON.parse(stdout) as Record<string, string>;
});

afterAll(async () => {
  await database.drop();
  await rm(root, { recursive: true, force: true });
});

function explain(name: string) {
  const stderr = (tracebacks[name] ?? '').split('\n');
  return findReason({ stderr, pipelineRun: null, workFolderName: 'shop' });
}

it('has the advice that is expected after each mistake, or none', () => {
  const advice = Object.keys(tracebacks).map((name) => [name, explain(name)?.advice ?? null]);
  expect(Object.fromEntries(advice)).toEqual(expectedAdvice);
});

it('names the lines that raised the exceptions of user code', () => {
  const lines = Object.keys(tracebacks).map((name) => explain(name)?.location?.file);
  expect(lines.filter((file) => file === undefined)).toEqual([]);
});
