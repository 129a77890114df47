import type { RunOutcome } from '@pumphouse/server/domain/runs/run-outcome.ts';
import type { World } from './world.ts';
import { beginStep, clockOf, pickServer, settle, withCrashes } from './world.ts';
import { Crash } from './site.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;

interface LivingRun {
  ref: string;
  runId: string;
  number: number;
}

/** Simulates the course of a started run: when it begins, whether it is cancelled, when and how it ends. */
export function liveRun(world: World, run: LivingRun): void {
  const { chance, queue, time } = world;
  const name = `${run.ref} #${run.number}`;
  const beginAt = time + chance.between(200, 20 * secondMs, name, 'begin');
  const endAt = beginAt + drawDuration(world, run.ref, name);
  queue.add({ at: beginAt, name: `${name} a`, act: () => begin(world, run) });
  if (chance.happens(0.02, name, 'cancel')) {
    const at = time + Math.floor(chance.fraction(name, 'cancel at') * (endAt - time) * 1.1);
    queue.add({ at, name: `${name} b`, act: () => cancel(world, run) });
  }
  queue.add({ at: endAt, name: `${name} c`, act: () => end(world, run, name) });
}

function drawDuration({ chance, habits }: World, ref: string, name: string): number {
  const kind = chance.fraction(name, 'kind');
  const isSlow = habits.get(ref)?.isSlow === true;
  if (kind < 0.001) return chance.between(12, 40, name, 'duration') * 60 * minuteMs;
  if (kind < (isSlow ? 0.5 : 0.03)) return chance.between(10, 400, name, 'duration') * minuteMs;
  return chance.between(5, 600, name, 'duration') * secondMs;
}

async function begin(world: World, { ref, runId }: LivingRun): Promise<void> {
  const run = world.model.get(ref).active.get(runId);
  if (run?.status !== 'pending') return;
  if ((await world.site.beginRun(runId)) === 1) run.status = 'running';
}

async function cancel(world: World, { ref, runId, number }: LivingRun): Promise<void> {
  const { model, site, journal } = world;
  const run = model.get(ref).active.get(runId);
  if (!run) return;
  beginStep(world, `a user cancels run ${number} of ${ref}`);
  journal.count('cancels');
  await withCrashes(world, `cancel ${ref} ${number}`, (server) =>
    server.cancelRuns.cancelMany(site.workspaceId, [runId]),
  );
  if (run.status === 'pending') await settle(world, model.end(runId, ref, 'cancelled', clockOf(world)));
  else {
    run.status = 'cancelling';
    await settle(world, []);
  }
}

async function end(world: World, run: LivingRun, name: string): Promise<void> {
  const { chance, model, journal, queue } = world;
  const known = model.get(run.ref).active.get(run.runId);
  if (!known) return;
  beginStep(world, `run ${run.number} of ${run.ref} ends`);
  const outcome = drawOutcome(world, known.status, name);
  const kind = chance.fraction(name, 'how it ends');
  if (kind < 0.02) {
    // The server that observed the end is gone: another one finds it later, when the clock shows another
    // time.
    journal.count('crashes');
    await crashAtEnd(world, run.runId, outcome, 'before-commit');
    await settle(world, []);
    const at = world.time + chance.between(1, 900, name, 'found') * secondMs;
    queue.add({ at, name: `${name} d`, act: () => finish(world, run, outcome) });
    return;
  }
  if (kind < 0.03) {
    journal.count('crashes');
    await crashAtEnd(world, run.runId, outcome, 'after-commit');
    await settle(world, model.end(run.runId, run.ref, outcome.status, clockOf(world)));
    if (await pickServer(world, name).finishRun(run.runId, outcome))
      throw journal.violation(run.ref, `run ${run.number} ended twice`);
    await settle(world, []);
    return;
  }
  await finish(world, run, outcome);
}

/** Occasionally two servers believe that the run is theirs. */
async function finish(world: World, { ref, runId, number }: LivingRun, outcome: RunOutcome): Promise<void> {
  const { chance, model, site, journal } = world;
  if (!model.get(ref).active.has(runId)) return;
  beginStep(world, `run ${number} of ${ref} ends as ${outcome.status}`);
  const isFoughtOver = chance.happens(0.03, ref, number, 'fight');
  const servers = isFoughtOver ? site.servers : [pickServer(world, ref, number)];
  const ended = await Promise.all(servers.map((server) => server.finishRun(runId, outcome)));
  if (ended.filter(Boolean).length !== 1)
    throw journal.violation(
      ref,
      `run ${number} was ended by ${ended.filter(Boolean).length} servers, not one`,
    );
  await settle(world, model.end(runId, ref, outcome.status, clockOf(world)));
}

async function crashAtEnd(
  world: World,
  runId: string,
  outcome: RunOutcome,
  point: 'before-commit' | 'after-commit',
): Promise<void> {
  const [server] = world.site.servers;
  server?.crashNext(point);
  await server?.finishRun(runId, outcome).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
  server?.crashNext(null);
}

function drawOutcome({ chance }: World, status: string, name: string): RunOutcome {
  const fate = chance.fraction(name, 'fate');
  // A run that is being cancelled may reach its own end first.
  if (status === 'cancelling' && fate < 0.7) return { status: 'cancelled' };
  if (fate > 0.93) return { status: 'failed', failure: { code: 'exit_code', detail: 'It failed.' } };
  return { status: 'completed' };
}
