import type { DetailedJobRunResponse } from '@pumphouse/contract';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { eventually } from '../fixtures/eventually.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';

const hourMs = 3_600_000;
const since = new Date(Math.floor(Date.now() / (24 * hourMs)) * 24 * hourMs - 5 * 24 * hourMs);
const ref = (name: string) => `jobs.__deployment__.${name}`;

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-refresh-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  const module = join(repositoryFolder, 'testing/e2e/refresh/__deployment__.py');
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'reload' },
    {
      '__deployment__.py': await readFile(module, 'utf8'),
      'moments.py': `SINCE = "${since.toISOString()}"\n`,
    },
  );
  await workspace.dlthub(['deploy']);
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

it('a refresh by an event and by a tag drops the table and reloads everything since the declared start', async () => {
  expect(await workspace.dlthub(['job', 'trigger', 'orders', 'events'])).toContain('2 job(s) triggered');
  await expectWholeTable(await awaitRun('orders', 1), `True by schedule:0 0 * * *`);
  await expectWholeTable(await awaitRun('events', 1), `False by schedule:0 0 * * *`);

  const { id } = await workspace.api.findJob(ref('events'));
  const params = { workspace_id: workspace.api.id };
  const body = { job_ids: [id], refresh: true, dry_run: true };
  const preview = await server.client.call('trigger_jobs', { params, body });
  const [covered] = preview.succeeded[0]?.reasons ?? [];

  await workspace.dlthub(['job', 'trigger', 'backfill']);
  await workspace.dlthub(['job', 'trigger', 'tag:reload', '--refresh']);
  await expectWholeTable(await awaitRun('orders', 2), `True by job.success:${ref('backfill')}`);
  const refreshed = await awaitRun('events', 2);
  await expectWholeTable(refreshed, 'True by tag:reload');
  expect(covered).toBe(`refreshes ${since.toISOString()} to ${refreshed.interval_end}`);
});

/**
 * Expects that the run covers everything, and the table contains each hour from the declared start to the end
 * of the run once.
 */
async function expectWholeTable(run: DetailedJobRunResponse, asked: string): Promise<void> {
  const printed = joinLines(await workspace.api.readLog(run.id), 'user');
  expect(run, printed).toMatchObject({ status: 'completed', interval_start: since.toISOString() });
  expect(printed).toContain(`refresh ${asked}`);
  const endMs = Date.parse(run.interval_end ?? '');
  expect(endMs - since.getTime()).toBeGreaterThanOrEqual(5 * 24 * hourMs);
  const [, first = '', last = '', count] = /^table (\S+) (\S+) (\d+)$/m.exec(printed) ?? [];
  expect([Date.parse(first), Date.parse(last)], printed).toEqual([since.getTime(), endMs - hourMs]);
  expect(Number(count)).toBe((endMs - since.getTime()) / hourMs);
}

async function awaitRun(name: string, number: number): Promise<DetailedJobRunResponse> {
  const found = await eventually(`${name} has a run ${number}`, async () =>
    (await workspace.api.listRuns(ref(name))).find((run) => run.number === number),
  );
  return workspace.api.awaitEnd(found.id);
}
