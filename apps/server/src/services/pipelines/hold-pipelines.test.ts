import type { HoldQuestion } from './hold-pipelines.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob, plainRequirements } from '../testing/workspace-fixture.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

const config = `
[pumphouse.jobs.fails]
on_held = "fail"
[pumphouse.jobs.off]
exclusive = "off"
[pumphouse.jobs.dataset]
exclusive = "dataset"
`;
const jobRefs = ['jobs.load', 'jobs.other', 'jobs.fails', 'jobs.off', 'jobs.dataset'];

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await context.uploadDeployment(plainRequirements);
  await context.uploadConfiguration({ 'config.toml': config });
  await context.deployJobs(jobRefs.map((ref) => defineJob(ref, { execute: { concurrency: null } })));
});

async function createAttempt(jobRef = 'jobs.load') {
  const run = await context.startRun(jobRef);
  return { jobRef, ...(await context.createAttempt(run)) };
}
type Attempt = Awaited<ReturnType<typeof createAttempt>>;

const orders: HoldQuestion = { pipeline: 'orders', dataset: null };
const named = (pipeline: string): HoldQuestion => ({ pipeline, dataset: null });
const toSales = (pipeline: string): HoldQuestion => ({
  pipeline,
  dataset: { destination: 'postgres 1', name: 'sales' },
});

const ask = ({ id }: Attempt, question = orders) => fixture.holdPipelines.ask(id, question);
const end = ({ id }: Attempt) => setAttempt(fixture.database, id, { closedAt: new Date() });
const readReason = async ({ run }: Attempt) => (await context.getRun(run.id)).waitReason;
const refusal = (code: string, message?: RegExp) =>
  expect.objectContaining(
    message ? { code, message: expect.stringMatching(message) as string } : { code },
  ) as Error;

const ended = {
  code: 0,
  signal: null,
  outOfMemory: null,
  peakMemoryBytes: null,
  reason: null,
  killedDescendants: 0,
};
const held = { state: 'held' };
const waitsFor = ({ run, jobRef }: Attempt) => ({
  state: 'waiting',
  detail: expect.stringMatching(
    new RegExp(
      `^Waiting for the pipeline orders: run ${run.number} of ${jobRef} has held it since .* UTC\\.$`,
    ),
  ) as string,
  pauseSeconds: 0.5,
});

describe('a pipeline', () => {
  it('is held by one attempt until its end, then by the next that asked', async () => {
    const [one, two, three] = [
      await createAttempt(),
      await createAttempt('jobs.other'),
      await createAttempt(),
    ];
    expect(await ask(one)).toEqual(held);
    expect(await ask(one)).toEqual(held);
    expect(await ask(two)).toEqual(waitsFor(one));
    expect(await ask(three)).toMatchObject({ state: 'waiting', pauseSeconds: 1 });
    expect(await ask(two, named('customers'))).toEqual(held);
    await end(one);
    expect(await ask(three)).toEqual({
      state: 'waiting',
      detail: `Waiting for the pipeline orders: run ${two.run.number} of jobs.other is to get it first.`,
      pauseSeconds: 0.5,
    });
    expect(await ask(two)).toEqual(held);
    expect(await ask(three)).toEqual(waitsFor(two));
    await setAttempt(fixture.database, two.id, { exit: ended });
    expect(await ask(three)).toEqual(held);
  });

  it('costs one statement for an attempt that has begun, if no other wants it', async () => {
    const attempt = await createAttempt();
    await ask(await createAttempt(), named('customers'));
    fixture.holdPipelines.remember(attempt.id, {
      ...attempt.run,
      jobRunId: attempt.run.id,
      jobRef: attempt.jobRef,
    });
    const sent = vi.spyOn(Client.prototype, 'query');
    expect(await ask(attempt)).toEqual(held);
    expect(sent).toHaveBeenCalledTimes(1);
    sent.mockRestore();
    expect(await ask(await createAttempt('jobs.other'))).toEqual(waitsFor(attempt));
  });

  it('is another one in another profile and another workspace', async () => {
    const [one, two] = [await createAttempt(), await createAttempt()];
    await context.setRun(two.run.id, { profile: 'access' });
    expect(await ask(one)).toEqual(held);
    expect(await ask(two)).toEqual(held);
  });

  it('is granted once to many that ask at the same time', async () => {
    const attempts = await Promise.all(Array.from({ length: 8 }, () => createAttempt()));
    const answers = await Promise.all(attempts.map((attempt) => ask(attempt)));
    expect(answers.filter(({ state }) => state === 'held')).toHaveLength(1);
  });

  it('shows what a run waits for until it has it', async () => {
    const [one, two] = [await createAttempt(), await createAttempt()];
    await ask(one);
    await ask(two);
    expect(await readReason(two)).toMatch(/^Waiting for the pipeline orders: run/);
    await end(one);
    await ask(two);
    expect(await readReason(two)).toBeNull();
  });

  it('goes to the next when the first that waits gives up', async () => {
    const [one, two, three] = [await createAttempt(), await createAttempt(), await createAttempt()];
    await ask(one);
    await ask(two);
    await ask(three);
    await fixture.holdPipelines.withdraw(two.id, orders);
    expect(await readReason(two)).toBeNull();
    await end(one);
    expect(await ask(three)).toEqual(held);
    // What is held stays held.
    await fixture.holdPipelines.withdraw(three.id, orders);
    expect(await ask(two)).toEqual(waitsFor(three));
  });

  it('does not wait for a request of a run that no server can see, but for its hold', async () => {
    const [one, two, three] = [await createAttempt(), await createAttempt(), await createAttempt()];
    await ask(one);
    await ask(two);
    await ask(three);
    await context.setRun(two.run.id, { unknownSince: new Date() });
    await context.setRun(one.run.id, { unknownSince: new Date() });
    expect(await ask(three)).toEqual(waitsFor(one));
    await end(one);
    expect(await ask(three)).toEqual(held);
  });

  it('leaves no rows of attempts that have ended', async () => {
    const [one, two] = [await createAttempt(), await createAttempt()];
    await ask(one);
    await end(one);
    await ask(two);
    const rows = await fixture.database.query(
      'select attempt_id as id from pipeline_holds where workspace_id = $1',
      [context.workspaceId],
    );
    expect(rows).toEqual([{ id: two.id }]);
  });
});

describe('settings', () => {
  it('"fail" refuses instead of waiting, and keeps no place', async () => {
    const [one, two, three] = [
      await createAttempt(),
      await createAttempt('jobs.fails'),
      await createAttempt(),
    ];
    await ask(one);
    await expect(ask(two)).rejects.toThrow(
      refusal('pipeline_held', /^The pipeline orders is in use: run \d+ of jobs\.load has held it since/),
    );
    await end(one);
    expect(await ask(three)).toEqual(held);
  });

  it('"off" takes nothing and waits for nothing', async () => {
    const [one, two, three] = [
      await createAttempt(),
      await createAttempt('jobs.off'),
      await createAttempt('jobs.off'),
    ];
    expect(await ask(two)).toEqual(held);
    expect(await ask(one)).toEqual(held);
    expect(await ask(three)).toEqual(held);
  });

  it('"dataset" keeps different pipelines apart that load to one dataset', async () => {
    const [one, two, other] = [
      await createAttempt('jobs.dataset'),
      await createAttempt('jobs.dataset'),
      await createAttempt(),
    ];
    expect(await ask(one, toSales('a'))).toEqual(held);
    expect(await ask(two, toSales('b'))).toMatchObject({
      state: 'waiting',
      detail: expect.stringMatching(/^Waiting for the dataset sales: run \d+ of jobs\.dataset has/) as string,
    });
    const elsewhere = { pipeline: 'b', dataset: { destination: 'postgres 2', name: 'sales' } };
    expect(await ask(await createAttempt('jobs.dataset'), elsewhere)).toMatchObject({ state: 'waiting' });
    // It asks for its pipeline only.
    expect(await ask(other, toSales('c'))).toEqual(held);
    await end(one);
    expect(await ask(two, toSales('b'))).toEqual(held);
  });
});

describe('a request', () => {
  it('that would wait forever fails, and lets the other go on', async () => {
    const [one, two] = [await createAttempt(), await createAttempt()];
    await ask(one, named('left'));
    await ask(two, named('right'));
    expect(await ask(one, named('right'))).toMatchObject({ state: 'waiting' });
    await expect(ask(two, named('left'))).rejects.toThrow(
      refusal('pipeline_deadlock', /^Waiting would never end: run \d+ of jobs\.load/),
    );
    expect(await readReason(two)).toBeNull();
    await end(two);
    expect(await ask(one, named('right'))).toEqual(held);
  });

  it('is refused before the admission and after the end of its attempt, and for too many pipelines', async () => {
    const one = await createAttempt();
    await setAttempt(fixture.database, one.id, { begunAt: null });
    await expect(ask(one)).rejects.toThrow(refusal('attempt_files_withheld'));
    await setAttempt(fixture.database, one.id, { begunAt: new Date() });
    for (let number = 0; number < 200; number += 1) await ask(one, named(String(number)));
    await expect(ask(one)).rejects.toThrow(refusal('too_many_pipelines'));
    expect(await ask(one, named('0'))).toEqual(held);
    await end(one);
    await expect(ask(one)).rejects.toThrow(refusal('attempt_closed'));
    await expect(fixture.holdPipelines.ask(randomUUID(), orders)).rejects.toThrow(refusal('not_found'));
  });
});
