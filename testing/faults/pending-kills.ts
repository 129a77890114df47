/**
 * Kills runs of real pipelines, and their server, at random moments: `npm run kills:pending`, or `-- 200 7` for
 * another number of kills and another seed. Prints each kill, compares the rows at the destinations with what the source
 * gave, and exits with code 1 if a row was lost or doubled, or was asked for again. Not part of CI.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { checkRows, type JournalEntry } from './pending-kills/check-rows.ts';
import { planKills, type PlannedKill, type PlannedRound } from './pending-kills/plan.ts';
import { limitedName, limits, pipelineNames } from './pending-kills/program.ts';
import { createPendingKillSite, type PendingKillSite } from './pending-kills/site.ts';

const lanes = 3;
/** A run that has ended before its moment came is started again. */
const maxTries = 4;
const lookEveryMs = 20;
/** After it, a report may end a package that an earlier one had. */
const settledMs = 11_000;

const problems: string[] = [];
const counted = new Map<string, number>();
const startedAt = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(5);
  process.stdout.write(`${seconds} s  ${text}\n`);
}
const count = (what: string): void => void counted.set(what, (counted.get(what) ?? 0) + 1);
function report(problem: string): void {
  problems.push(problem);
  say(`PROBLEM ${problem}`);
}

const entriesOf = async (site: PendingKillSite, name: string, runId: string): Promise<JournalEntry[]> =>
  (await site.readJournal(name)).filter(({ run }) => run === runId);

/** @returns the first entry of the run; null if it has ended before its moment came */
async function awaitMoment(site: PendingKillSite, kill: PlannedKill, runId: string) {
  for (let look = 1; ; look += 1) {
    const entries = await entriesOf(site, kill.name, runId);
    const [began] = entries;
    const found = entries.filter(({ event }) => event === kill.after).length;
    if (began && (found >= kill.nth || (kill.after !== 'job' && found > 0))) {
      await delay(kill.delayMs);
      return began;
    }
    if (look % 25 === 0 && !(await site.isActive(runId))) return null;
    await delay(lookEveryMs);
  }
}

/** @returns whether the run was killed, and did not just end */
async function killRun(site: PendingKillSite, kill: PlannedKill): Promise<boolean> {
  if (kill.kind === 'timeout') return limitRun(site, kill);
  const id = await site.start(kill.name);
  const began = await awaitMoment(site, kill, id);
  if (began === null || !(await site.isActive(id))) return false;
  const { kind } = kill;
  if (kind === 'user') site.killUser(began);
  if (kind === 'attempt') await site.killAttempt(await site.findAttempt(id));
  if (kind === 'bootstrap') await site.killBootstrap(await site.findAttempt(id));
  if (kind === 'cancel') await site.cancel(id);
  if (kind === 'server') await site.killServer();
  return awaitKilled(site, kill, id);
}

async function limitRun(site: PendingKillSite, kill: PlannedKill): Promise<boolean> {
  return awaitKilled(site, kill, await site.start(limitedName(kill.name, kill.limit)));
}

async function awaitKilled(site: PendingKillSite, kill: PlannedKill, id: string): Promise<boolean> {
  const { status } = await site.awaitEnd(id);
  if (kill.kind === 'server') {
    // Its run goes on.
    if (status !== 'completed') report(`run ${id} of ${kill.name} ${status} when its server was killed`);
  } else if (status === 'completed') return false;
  const last = (await entriesOf(site, kill.name, id)).at(-1)?.event ?? 'start';
  count(`kind: ${kill.kind}`);
  count(`moment: ${last}`);
  say(`${kill.number}: ${kill.name}, ${kill.kind}, ${status} after "${last}"`);
  return true;
}

async function play(site: PendingKillSite, planned: PlannedKill): Promise<void> {
  let kill = planned;
  for (let tries = 1; tries <= maxTries; tries += 1) {
    if (await killRun(site, kill)) return;
    count('runs that ended before their kill');
    const limit = limits.filter((each) => each < kill.limit).at(-1) ?? kill.limit;
    kill = { ...kill, limit, delayMs: 0, after: 'began', nth: 1 };
  }
  report(`kill ${planned.number} was not possible: all runs of ${planned.name} end before it`);
}

/** Runs the pipeline to its end, so that nothing is pending any more. */
async function finishRound(site: PendingKillSite, name: string, round: PlannedRound): Promise<void> {
  const packages = await site.listPackages(name);
  if (round.onlyFinishes && packages.some(({ state }) => state === 'pending')) {
    const id = await site.startFinishing(name);
    const { status } = await site.awaitEnd(id);
    const asked = (await entriesOf(site, name, id)).filter(({ event }) => event === 'asked');
    if (asked.length > 0) report(`run ${id} of ${name} was to finish only, and asked the source`);
    count(`runs that only finish: ${status}`);
    if (status === 'completed') return;
    // The job that extracted the packages may be one with a time limit.
  }
  const id = await site.start(name);
  const { status } = await site.awaitEnd(id);
  if (status !== 'completed') report(`run ${id} of ${name} ${status}:\n${await site.readLog(id)}`);
}

async function compare(site: PendingKillSite, name: string): Promise<string[]> {
  const id = await site.start(`read_${name}`);
  const { status } = await site.awaitEnd(id);
  if (status !== 'completed') {
    report(`the rows of ${name} cannot be read:\n${await site.readLog(id)}`);
    return [];
  }
  const journal = await site.readJournal(name);
  const counts = await site.readCounts(name);
  const [kind = '', disposition = ''] = name.split('_');
  const checked = checkRows({ disposition, overwrites: kind === 'filesystem', journal, counts });
  for (const problem of checked.problems) report(`${name}: ${problem}`);
  return checked.repeated;
}

async function playRounds(site: PendingKillSite, name: string, rounds: PlannedRound[], at: number) {
  const round = rounds[at];
  if (!round) return;
  for (const kill of round.kills) await play(site, kill);
  await finishRound(site, name, round);
  const repeated = await compare(site, name);
  if (at < rounds.length - 1) return;
  for (const line of repeated) say(`${name}: ${line}`);
  count(`jobs repeated: ${name}`);
  counted.set(`jobs repeated: ${name}`, repeated.length);
}

/** Expects that the server's list shows what became of every package, once an attempt has reported after all of them. */
async function checkList(site: PendingKillSite): Promise<void> {
  await delay(settledMs);
  await site.awaitEnd(await site.start(`read_${pipelineNames[0]}`));
  for (const name of pipelineNames)
    for (const { state, load_id: loadId } of await site.listPackages(name)) {
      count(`packages: ${state}`);
      if (state === 'dropped' || state === 'pending') report(`${name}: package ${loadId} is ${state}`);
    }
}

async function playKills(kills: number, seed: string): Promise<void> {
  const site = await createPendingKillSite();
  try {
    const plan = planKills(kills, seed);
    // The first run builds the environment.
    await site.awaitEnd(await site.start(pipelineNames[0] ?? ''));
    const playLane = async (names: readonly string[]) => {
      const longest = Math.max(...names.map((name) => plan.get(name)?.length ?? 0));
      for (let at = 0; at < longest; at += 1)
        for (const name of names) await playRounds(site, name, plan.get(name) ?? [], at);
    };
    const shares = Array.from({ length: lanes }, (_, lane) =>
      pipelineNames.filter((_name, index) => index % lanes === lane),
    );
    await Promise.all(shares.map(playLane));
    await checkList(site);
  } finally {
    await site.remove();
  }
}

const [kills = '200', seed = '1'] = process.argv.slice(2);
await playKills(Number(kills), seed);
for (const [what, number] of [...counted].toSorted(([one], [other]) => one.localeCompare(other)))
  say(`${what}: ${number}`);
say(
  problems.length === 0
    ? `${kills} kills with seed ${seed}: no row lost, none doubled without a reason, none asked for again`
    : `${kills} kills with seed ${seed}: ${problems.length} problems, see above`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
