/** The function of the database that gives uncontended pipelines, compared with the rules of the domain. */
import type { HoldTarget } from '../../domain/pipelines/pipeline-holds.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob, plainRequirements } from '../testing/workspace-fixture.ts';
import { decideHold, listUnheld, targetKey } from '../../domain/pipelines/pipeline-holds.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

const maxTargets = 3;
const attemptCount = 3;

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let attempts: { id: string; runId: string }[];

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.uploadDeployment(plainRequirements);
  await context.uploadConfiguration({ 'config.toml': '' });
  await context.deployJobs([defineJob('jobs.load', { execute: { concurrency: null } })]);
  attempts = [];
  for (let index = 0; index < attemptCount; index += 1) {
    const { id, run } = await context.createAttempt(await context.startRun('jobs.load'));
    attempts.push({ id, runId: run.id });
  }
});
afterAll(() => fixture.close());

const targets: readonly HoldTarget[] = [
  { kind: 'pipeline', profile: 'prod', name: 'a', destination: '' },
  { kind: 'pipeline', profile: 'dev', name: 'a', destination: '' },
  { kind: 'pipeline', profile: 'prod', name: 'b', destination: '' },
  { kind: 'dataset', profile: '', name: 'a', destination: 'x' },
];

type Step =
  | { do: 'ask'; attempt: number; targets: HoldTarget[]; waits: boolean }
  | { do: 'end' | 'exit' | 'lose'; attempt: number };

const attempt = fc.nat(attemptCount - 1);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        attempt,
        targets: fc.subarray([...targets], { minLength: 1, maxLength: 2 }),
        waits: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('end', 'exit', 'lose' as const), attempt }) },
  ),
  { minLength: 2, maxLength: 12 },
);

async function reset(): Promise<void> {
  await fixture.database.query('delete from pipeline_holds');
  for (const { id, runId } of attempts) {
    await setAttempt(fixture.database, id, { closedAt: null, exit: null });
    await setColumns(fixture.database, 'job_runs', { unknownSince: null }, { id: runId });
  }
}

const exit = {
  code: 0,
  signal: null,
  outOfMemory: null,
  peakMemoryBytes: null,
  reason: null,
  killedDescendants: 0,
};

async function change({ do: what, attempt: index }: Exclude<Step, { do: 'ask' }>): Promise<void> {
  const { id, runId } = attemptAt(index);
  if (what === 'end') await setAttempt(fixture.database, id, { closedAt: new Date() });
  else if (what === 'exit') await setAttempt(fixture.database, id, { exit });
  else await setColumns(fixture.database, 'job_runs', { unknownSince: new Date() }, { id: runId });
}

function attemptAt(index: number): { id: string; runId: string } {
  const found = attempts[index];
  if (!found) throw new Error(`There is no attempt ${index}`);
  return found;
}

/** What the rules say: the attempt is open, waits for none of the targets, and gets all of them at once. */
async function isFree(attemptId: string, asked: readonly HoldTarget[]): Promise<boolean> {
  const { pipelineHolds } = fixture.store;
  if ((await pipelineHolds.findAttempt(attemptId))?.isOver !== false) return false;
  const holds = await pipelineHolds.listOpen(context.workspaceId);
  const keys = new Set(asked.map(targetKey));
  const rows = await fixture.database.query<HoldTarget & { isHeld: boolean }>(
    `select kind, profile, name, destination, held_at is not null as "isHeld" from pipeline_holds where attempt_id = $1`,
    [attemptId],
  );
  if (rows.some((row) => !row.isHeld && keys.has(targetKey(row)))) return false;
  if (rows.length + asked.length > maxTargets) return false;
  const unheld = listUnheld(holds, attemptId, asked);
  return decideHold(holds, { attemptId, targets: unheld, ticket: null }).kind === 'held';
}

async function ask({ attempt: index, targets: asked, waits }: Extract<Step, { do: 'ask' }>): Promise<void> {
  const { pipelineHolds } = fixture.store;
  const { id } = attemptAt(index);
  const owner = { attemptId: id, workspaceId: context.workspaceId };
  const before = await pipelineHolds.listOpen(context.workspaceId);
  const expected = await isFree(id, asked);
  expect(await pipelineHolds.take(owner, asked, maxTargets)).toBe(expected);
  const after = await pipelineHolds.listOpen(context.workspaceId);
  if (!expected) expect(after).toEqual(before);
  else expect(listUnheld(after, id, asked)).toEqual([]);
  // As the rules store a request that waits.
  if (!expected && waits)
    await pipelineHolds.put(owner, asked, { ticket: await pipelineHolds.nextTicket(), isHeld: false });
}

it('gives exactly what the rules give at once, and changes nothing otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      await reset();
      for (const step of all) await (step.do === 'ask' ? ask(step) : change(step));
    }),
    { seed: propertySeed, numRuns: caseCount(25) },
  );
});
