import type { DueTick } from '@pumphouse/server/store/records.ts';
import type { Expectation } from './model.ts';
import type { World } from './world.ts';
import type { SimulatedServer } from './site.ts';
import { beginStep, clockOf, settle } from './world.ts';
import { Crash } from './site.ts';
import { format } from './journal.ts';

const secondMs = 1000;
const hourMs = 3_600_000;
const most = 1000;

/** How late a tick is observed: mostly at once, sometimes seconds or minutes later, rarely hours. */
export function drawLateness({ chance }: World, dueAt: number): number {
  const kind = chance.fraction('late', dueAt);
  if (kind < 0.7) return chance.between(0, 900, 'late by', dueAt);
  if (kind < 0.96) return chance.between(1, 40, 'late by', dueAt) * secondMs;
  if (kind < 0.993) return chance.between(40, 600, 'late by', dueAt) * secondMs;
  return chance.between(1, 9, 'late by', dueAt) * hourMs;
}

/**
 * Servers check for due ticks. The due ticks must match the model, and all are decided, by one server or by
 * several at once, unless the only one crashes.
 * @returns the time until the next check
 */
export async function inspectTicks(world: World): Promise<number> {
  const { chance, journal } = world;
  // Whether both are observed in one check would depend on timing, and a year must be reproducible.
  while (world.model.hasTwoAtOnce(clockOf(world))) world.time += 1;
  beginStep(world, 'servers look at ticks');
  const due = await listDue(world);
  checkDue(world, due);
  journal.count('looks');
  journal.count('ticks seen', due.length);
  const about = `look ${world.time}`;
  const isLonely = chance.happens(0.5, about);
  if (isLonely && chance.happens(0.03, about, 'stop')) {
    const kept = chance.between(0, due.length - 1, about, 'kept');
    const decided = await decideAlone(world, due.slice(0, kept + 1), about, 'before-commit');
    await settle(world, decided);
    journal.count('servers that stopped between ticks');
    return chance.between(1, 3000, about, 'until') * secondMs;
  }
  const expected = isLonely
    ? await decideAlone(world, due, about, null)
    : await decideTogether(world, due, about);
  await settle(world, expected);
  return 0;
}

async function listDue({ site, refOf }: World): Promise<DueTick[]> {
  const due = await site.store.schedules.listDue(site.clock.now, most);
  return due.filter(({ jobId }) => refOf(jobId) !== undefined);
}

/**
 * A job may be locked by another server, or its server may have crashed: undecided ticks are retried at the
 * same moment.
 */
async function decideRest(world: World, ticks: readonly DueTick[]): Promise<void> {
  const names = new Set(ticks.map(nameTick));
  for (;;) {
    const rest = (await listDue(world)).filter((tick) => names.has(nameTick(tick)));
    if (rest.length === 0) return;
    for (const tick of rest) await world.site.servers[0]?.startRuns.startTick(tick);
  }
}

function nameTick({ jobId, trigger }: DueTick): string {
  return `${jobId} ${trigger}`;
}

function checkDue(world: World, due: readonly DueTick[]): void {
  const clock = clockOf(world);
  const nameOf = (ref: string, trigger: string) => `${ref} ${trigger}`;
  const wanted = new Map(world.model.listDue(clock).map((one) => [nameOf(one.ref, one.trigger), one]));
  for (const { jobId, trigger } of due) {
    const ref = world.refOf(jobId) ?? jobId;
    if (!wanted.delete(nameOf(ref, trigger)))
      throw world.journal.violation(ref, `a tick of ${trigger} has come that should not`);
  }
  for (const { ref, trigger, dueAt } of wanted.values())
    throw world.journal.violation(ref, `the tick of ${trigger} at ${format(dueAt)} is missing`);
}

/** One server decides each in turn. A crash hits the last one, before or after the decision is stored. */
async function decideAlone(
  world: World,
  due: readonly DueTick[],
  about: string,
  lastCrash: 'before-commit' | null,
): Promise<Expectation[]> {
  const { chance, site, journal } = world;
  const [server] = site.servers;
  const expected: Expectation[] = [];
  for (const [index, tick] of due.entries()) {
    const isLast = index === due.length - 1;
    if (isLast && lastCrash !== null) {
      await crashOn(server as SimulatedServer, tick, lastCrash);
      break;
    }
    if (chance.happens(0.01, about, 'crash', tick.trigger, index)) {
      journal.count('crashes');
      await crashOn(
        server as SimulatedServer,
        tick,
        chance.pick(['before-commit', 'after-commit'] as const, about, index),
      );
    }
    // If the crash came after the commit, there is nothing left to decide.
    if (!(await server?.startRuns.startTick(tick))) await decideRest(world, [tick]);
    expected.push(...expectTick(world, tick));
  }
  return expected;
}

/** Each server goes through all ticks, starting at a different one; occasionally one of them crashes. */
async function decideTogether(world: World, due: readonly DueTick[], about: string): Promise<Expectation[]> {
  const { chance, site, journal } = world;
  journal.count('looks of several servers');
  if (chance.happens(0.05, about, 'crash')) {
    journal.count('crashes');
    site.servers.at(-1)?.crashNext(chance.pick(['before-commit', 'after-commit'] as const, about, 'point'));
  }
  // A refresh changes what other jobs may do: then the servers decide tick by tick together, otherwise in any
  // order.
  const groups = hasOrder(world, due) ? due.map((tick) => [tick]) : [due];
  for (const group of groups) {
    await Promise.all(
      site.servers.map((server, index) => {
        const from = Math.floor((index * group.length) / site.servers.length);
        return drain(server, [...group.slice(from), ...group.slice(0, from)]);
      }),
    );
    // If the order matters, a tick whose server crashed is decided before the next one.
    await decideRest(world, group);
  }
  for (const server of site.servers) server.crashNext(null);
  return due.flatMap((tick) => expectTick(world, tick));
}

async function drain(server: SimulatedServer, ticks: readonly DueTick[]): Promise<void> {
  for (const tick of ticks) {
    try {
      await server.startRuns.startTick(tick);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      return;
    }
  }
}

async function crashOn(server: SimulatedServer, tick: DueTick, point: 'before-commit' | 'after-commit') {
  server.crashNext(point);
  await drain(server, [tick]);
  server.crashNext(null);
}

function hasOrder({ model, refOf }: World, due: readonly DueTick[]): boolean {
  const refs = due.map(({ jobId }) => refOf(jobId) ?? jobId);
  const refreshes = refs
    .map(model.get)
    .some(({ refreshPending, sent }) => refreshPending || sent.refresh_propagation === 'always');
  return refreshes || new Set(refs).size < refs.length;
}

function expectTick({ model, refOf, ...world }: World, { jobId, trigger }: DueTick): Expectation[] {
  return model.tick(refOf(jobId) ?? jobId, trigger, world.time + world.offset);
}
