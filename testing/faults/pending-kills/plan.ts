import { createChance } from '../../simulate/random.ts';
import type { JournalEntry } from './check-rows.ts';
import { limits, pipelineNames } from './program.ts';

const killKinds = ['user', 'attempt', 'bootstrap', 'server', 'cancel', 'timeout'] as const;
type KillKind = (typeof killKinds)[number];

/** One run that is killed. */
export interface PlannedKill {
  number: number;
  /** Of the pipeline. */
  name: string;
  kind: KillKind;
  /** It is killed a while after the journal says so for the n-th time. */
  after: JournalEntry['event'];
  nth: number;
  delayMs: number;
  /** Under `timeout`: seconds. */
  limit: number;
}

/** What happens to a pipeline until its rows are compared: some runs that are killed, and one that finishes. */
export interface PlannedRound {
  kills: PlannedKill[];
  /** Whether the last run only finishes what is pending. */
  onlyFinishes: boolean;
}

const weights: Record<KillKind, number> = {
  user: 35,
  attempt: 20,
  bootstrap: 10,
  server: 10,
  cancel: 12,
  timeout: 13,
};
/** Most of the time of a run is in its load jobs, and most of what can go wrong. */
const moments = [
  'began',
  'asked',
  'extracted',
  'normalizing',
  'normalized',
  'job',
  'job',
  'job',
  'job',
] as const;
/** A package that five runs could not finish is dropped. */
const maxKillsInARow = 3;

/**
 * Plans kills by their seed.
 * @returns rounds by the name of the pipeline
 */
export function planKills(count: number, seed: string): Map<string, PlannedRound[]> {
  const chance = createChance(seed);
  const kinds = killKinds.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind));
  const plan = new Map<string, PlannedRound[]>();
  for (let number = 1; number <= count; number += 1) {
    const name = pipelineNames[(number - 1) % pipelineNames.length] ?? '';
    const rounds = plan.get(name) ?? [];
    plan.set(name, rounds);
    let round = rounds.at(-1);
    if (!round || round.kills.length >= chance.between(1, maxKillsInARow, 'row', name, rounds.length)) {
      round = { kills: [], onlyFinishes: chance.happens(0.3, 'finish', name, rounds.length) };
      rounds.push(round);
    }
    round.kills.push({
      number,
      name,
      kind: chance.pick(kinds, 'kind', number),
      after: chance.pick(moments, 'moment', number),
      nth: chance.between(1, 13, 'nth', number),
      delayMs: chance.between(0, 300, 'delay', number),
      limit: chance.pick(limits, 'limit', number),
    });
  }
  return plan;
}
