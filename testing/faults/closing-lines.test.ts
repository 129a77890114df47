import type { FaultPointName } from '@pumphouse/server/platform/fault-points.ts';
import type { TestServer } from '../fixtures/server.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { startHeldRun } from './moments.ts';

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

/**
 * From the end of user code until its log is sealed. The closing lines are written between the second and the
 * third.
 */
const moments: readonly FaultPointName[] = [
  'between-exit-and-finish',
  'in-finish-before-commit',
  'after-finish-commit',
  'in-log-compression',
];

/**
 * Pumphouse's messages at the end of a log, as the official client prints them: those after the last line of
 * user code.
 */
async function readClosingLines(server: TestServer, jobRunId: string) {
  const target = { workspaceId: site.of(server).id, jobRunId };
  const readings = await Promise.all([
    Array.fromAsync(server.client.readLog(target)),
    Array.fromAsync(server.client.followLog(target)),
  ]);
  return readings.map((lines) => {
    const lastOfUser = lines.findLastIndex(({ source }) => source === 'user');
    expect(lines.map(({ line_num }) => line_num)).toEqual(lines.map((_, index) => index));
    return lines.slice(lastOfUser + 1).map(({ content }) => content);
  });
}

async function killAndEnd(server: TestServer, jobRunId: string) {
  await site.awaitPause();
  await server.end('SIGKILL');
  const next = await site.start();
  const { status } = await site.of(next).awaitEnd(jobRunId);
  return { status, closingLines: await readClosingLines(next, jobRunId) };
}

describe('the log has its closing lines once after kill -9 of the server', () => {
  it.each(moments)('of a failed run, at %s', async (pauseAt) => {
    const server = await site.start({ pauseAt });
    const jobRunId = await site.trigger(server, 'jobs.fail');
    const ended = await killAndEnd(server, jobRunId);
    expect(ended.status).toBe('failed');
    const expected = [
      expect.stringMatching(/^Pumphouse: Failed \(exit_code\): RuntimeError: the source said no .*fail\.py/),
    ];
    expect(ended.closingLines).toEqual([expected, expected]);
    await site.awaitTidiness();
  });

  it.each(moments)('of a cancelled run, at %s', async (pauseAt) => {
    const server = await site.start({ pauseAt });
    const jobRunId = await startHeldRun(site, server);
    const params = { workspace_id: site.of(server).id, job_run_id: jobRunId };
    await server.client.call('cancel_job_run', { params });
    const ended = await killAndEnd(server, jobRunId);
    expect(ended.status).toBe('cancelled');
    const expected = [
      'Pumphouse: Cancelled by owner@example.com; the run is being stopped. It has 30 s to end before it is killed.',
      'Pumphouse: Cancelled. It ended within its grace period of 30 s.',
    ];
    expect(ended.closingLines).toEqual([expected, expected]);
    await site.awaitTidiness();
  });
});
