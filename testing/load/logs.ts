/**
 * `npm run load:logs`: what a megabyte of log costs, in a folder and in S3, and what a viewer of a log that grows
 * costs. See docs/operate/scale.md.
 */
import type { FakePrinting } from '../bench/fake-printing.ts';
import type { TickFixture, TickUse } from '../bench/tick-fixture.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createTickFixture } from '../bench/tick-fixture.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startS3Store } from '../fixtures/s3-store.ts';

/** About 10 MB in chunks as a bootstrap sends them. */
const longLog: FakePrinting = { chunks: 1000, linesOfChunk: 100, pauseMs: 0 };
/** Ten lines a second, for a minute. */
const slowLog: FakePrinting = { chunks: 600, linesOfChunk: 1, pauseMs: 100 };
const viewerCounts = [0, 200];
const jobRef = 'jobs.print';

const say = (text: string) => void process.stdout.write(`${text}\n`);

await measureMegabyte('in a folder', {});
const s3 = await startS3Store();
try {
  await measureMegabyte('in S3', s3.variables('load'));
} finally {
  await s3.remove();
}
await measureViewers();

async function withRun(
  options: { printing: FakePrinting; variables?: Record<string, string> },
  work: (context: TickFixture, workspaceId: string) => Promise<void>,
): Promise<void> {
  const context = await createTickFixture(options);
  try {
    const workspaceId = await createWorkspace(context.server, 'logs');
    await deployWorkspace(context.server, workspaceId, {
      files: { 'print.py': '' },
      jobs: [{ ...defineScriptJob('print', []), job_ref: jobRef }],
    });
    await work(context, workspaceId);
  } finally {
    await context.remove();
  }
}

async function measureMegabyte(place: string, variables: Record<string, string>): Promise<void> {
  await withRun({ printing: longLog, variables }, async (context, workspaceId) => {
    const before = await context.readUse();
    const jobRunId = await triggerJob(context.server, workspaceId, jobRef);
    await createApiWorkspace(context.server, workspaceId).awaitEnd(jobRunId);
    const after = await context.readUse();
    const { bytes } = await context.database.one<{ bytes: number }>(
      'select sum(log_bytes)::float8 as bytes from attempts',
    );
    const ms = (pick: (use: TickUse) => number) =>
      (((pick(after) - pick(before)) * 1000) / (bytes / 1e6)).toFixed(0);
    say(
      `a megabyte of log ${place}: ${ms((use) => use.supervisor.cpuSeconds)} ms of the server, ` +
        `${ms((use) => use.postgresCpuSeconds)} ms of Postgres (${(bytes / 1e6).toFixed(1)} MB)`,
    );
  });
}

interface ViewersUse {
  cpuSeconds: number;
  postgresSeconds: number;
  megabytes: number;
}

async function measureViewers(): Promise<void> {
  await withRun({ printing: slowLog }, async (context, workspaceId) => {
    const api = createApiWorkspace(context.server, workspaceId);
    const uses: ViewersUse[] = [];
    for (const viewers of viewerCounts) {
      const jobRunId = await triggerJob(context.server, workspaceId, jobRef);
      const before = await context.readUse();
      const reads = Array.from({ length: viewers }, () => api.readLog(jobRunId));
      await delay((slowLog.chunks * slowLog.pauseMs) / 2);
      const megabytes = context.readServerMb();
      await api.awaitEnd(jobRunId);
      const lines = (await Promise.all(reads)).map(({ length }) => length);
      if (lines.some((count) => count < slowLog.chunks)) throw new Error('A viewer missed lines.');
      const after = await context.readUse();
      uses.push({
        cpuSeconds: after.scheduler.cpuSeconds - before.scheduler.cpuSeconds,
        postgresSeconds: after.postgresCpuSeconds - before.postgresCpuSeconds,
        megabytes,
      });
    }
    const [none, many] = uses;
    const viewers = viewerCounts.at(-1) ?? 0;
    if (!none || !many) return;
    const each = (pick: (use: ViewersUse) => number) => (pick(many) - pick(none)) / viewers;
    say(
      `a viewer of ten lines a second, for a minute: ${(each((use) => use.cpuSeconds) * 1000).toFixed(0)} ms of the server, ` +
        `${(each((use) => use.postgresSeconds) * 1000).toFixed(0)} ms of Postgres, ` +
        `${(each((use) => use.megabytes) * 1000).toFixed(0)} kB (${viewers} viewers)`,
    );
  });
}
