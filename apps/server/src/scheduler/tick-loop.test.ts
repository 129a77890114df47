import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { createLoops, type Loops } from '../platform/loops.ts';
import { defineTickLoop } from './tick-loop.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
const loops: Loops[] = [];
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
});
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()));
});

type StartTicks = ServiceFixture['startRuns']['startTicks'];
const startReally: StartTicks = (ticks) => fixture.startRuns.startTicks(ticks);

async function startLoop(startTicks = startReally): Promise<Loops> {
  const { persistence, log } = fixture;
  const clock = async () => fixture.clock.now;
  const loop = createLoops({ onWake: persistence.onWake, log });
  loops.push(loop);
  await loop.start(defineTickLoop({ persistence, startRuns: { startTicks }, clock, log }));
  return loop;
}

const hourly = { triggers: ['schedule:0 * * * *'] };
const countRuns = async (jobRef: string) => (await context.listRuns(jobRef)).length;

describe('the tick loop', () => {
  it('decides each tick when it is due, and not before', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    const loop = await startLoop();
    await expect.poll(() => loop.list()[0]?.lastSuccessAt).toBeInstanceOf(Date);
    expect(await countRuns('jobs.a')).toBe(0);
    fixture.clock.now = new Date('2026-03-10T13:00:00Z');
    await expect.poll(() => countRuns('jobs.a')).toBe(1);
  });

  it('notices at once what a deploy sets, whichever server handled it', async () => {
    await startLoop();
    await context.deployAll([defineJob('jobs.a', { triggers: ['once:2026-01-01'] })]);
    await expect.poll(() => countRuns('jobs.a')).toBe(1);
  });

  it('continues with the others when one tick fails, and retries it', async () => {
    await context.deployAll([defineJob('jobs.a', hourly), defineJob('jobs.b', hourly)]);
    const { id: brokenId } = await context.getJob('jobs.a');
    let isBroken = true;
    await startLoop((ticks) => {
      if (isBroken && ticks.some(({ jobId }) => jobId === brokenId)) throw new Error('broken');
      return startReally(ticks);
    });
    fixture.clock.now = new Date('2026-03-10T13:00:00Z');
    await expect.poll(() => countRuns('jobs.b')).toBe(1);
    expect(await countRuns('jobs.a')).toBe(0);
    isBroken = false;
    await expect.poll(() => countRuns('jobs.a')).toBe(1);
  });

  it('shares the ticks with other servers: each starts one run', async () => {
    const refs = Array.from({ length: 30 }, (_, index) => `jobs.job${index}`);
    await context.deployAll(refs.map((ref) => defineJob(ref, hourly)));
    await Promise.all([startLoop(), startLoop(), startLoop()]);
    fixture.clock.now = new Date('2026-03-10T13:00:00Z');
    await expect.poll(() => fixture.store.schedules.listDue(fixture.clock.now, 1)).toEqual([]);
    for (const ref of refs) expect(await countRuns(ref)).toBe(1);
  });

  it('starts nothing after it was stopped', async () => {
    await context.deployAll([defineJob('jobs.a', hourly)]);
    const loop = await startLoop();
    await loop.stop();
    fixture.clock.now = new Date('2026-03-10T13:00:00Z');
    const other = await startLoop(async () => []);
    await expect.poll(() => other.list()[0]?.lastSuccessAt).toBeInstanceOf(Date);
    expect(await countRuns('jobs.a')).toBe(0);
  });
});
