import type { ConsolePaths, IncidentText } from './incident-text.ts';
import type { EvaluatedRule } from './derive-occurrences.ts';
import { chooseRules, subjects } from './derive-occurrences.ts';
import { describeLate, describeLongRun, describeSilence, describeStuck } from './describe-run-incidents.ts';

interface Job {
  jobId: string;
  jobRef: string;
  jobName: string;
  tags: unknown;
  pipelineNames: readonly string[];
}

/** A run that is pending or active. */
export interface OpenRun extends Job {
  jobRunId: string;
  number: number;
  status: string;
  isApp: boolean;
  tickAt: Date | null;
  waitReason: string | null;
  notBefore: Date | null;
  createdAt: Date;
  startedAt: Date | null;
  lastOutputAt: Date | null;
}

export interface UsualDuration {
  seconds: number | null;
  runCount: number;
}

/** A condition that holds now. */
export interface Finding {
  rule: EvaluatedRule;
  subject: string;
  jobId: string | null;
  jobRef: string | null;
  jobRunId: string | null;
  pipelineName: string | null;
  text: IncidentText;
}

/** Lists the conditions that hold for one open run. */
export function deriveFromOpenRun(
  rules: readonly EvaluatedRule[],
  run: OpenRun,
  { usual, now, paths }: { usual: UsualDuration | undefined; now: Date; paths: ConsolePaths },
): Finding[] {
  const about = { jobId: run.jobId, jobRef: run.jobRef, jobRunId: run.jobRunId, pipelineName: null };
  const kinds = ['late', 'running_long', 'stuck_waiting', 'no_output'] as const;
  return chooseRules(rules, kinds, run).flatMap((rule) => {
    const text = describeOpenRun(rule, run, { usual, now, paths });
    const subject = rule.kind === 'late' ? subjects.job(run.jobId) : subjects.run(run.jobRunId);
    return text === null ? [] : { ...about, rule, subject, text };
  });
}

function describeOpenRun(
  { kind, conditions }: EvaluatedRule,
  run: OpenRun,
  { usual, now, paths }: { usual: UsualDuration | undefined; now: Date; paths: ConsolePaths },
): IncidentText | null {
  const { afterSeconds } = conditions;
  const isPending = run.status === 'pending' && run.startedAt === null;
  if (kind === 'late') {
    const seconds = isPending && run.tickAt ? secondsSince(run.tickAt, now) : 0;
    if (!run.tickAt || seconds < (afterSeconds ?? Infinity)) return null;
    return describeLate(run, { ...run, tickAt: run.tickAt, seconds }, paths);
  }
  if (kind === 'stuck_waiting') {
    const since = run.notBefore !== null && run.notBefore > run.createdAt ? run.notBefore : run.createdAt;
    const seconds = run.status === 'pending' ? secondsSince(since, now) : 0;
    return seconds < (afterSeconds ?? Infinity) ? null : describeStuck(run, seconds, paths);
  }
  // An app runs as long as it is used, and writes what its visitors cause.
  if (run.isApp || run.startedAt === null || run.status === 'pending') return null;
  if (kind === 'no_output') {
    const seconds = secondsSince(run.lastOutputAt ?? run.startedAt, now);
    return seconds < (afterSeconds ?? Infinity) ? null : describeSilence(run, seconds, paths);
  }
  const seconds = secondsSince(run.startedAt, now);
  const { minimumRuns = 0, timesUsual = Infinity } = conditions;
  const usualSeconds = usual && usual.runCount >= minimumRuns ? usual.seconds : null;
  const allowed = Math.min(
    afterSeconds ?? Infinity,
    usualSeconds === null ? Infinity : Math.max(usualSeconds * timesUsual, shortestLongRunSeconds),
  );
  return seconds <= allowed ? null : describeLongRun(run, { seconds, usualSeconds }, paths);
}

/** A run that usually takes a second and takes ten is no reason to look. */
const shortestLongRunSeconds = 60;

/** Lists the conditions that hold for a tick that no scheduler has decided. */
export function deriveFromMissedTick(
  rules: readonly EvaluatedRule[],
  tick: Job & { tickAt: Date },
  { now, paths }: { now: Date; paths: ConsolePaths },
): Finding[] {
  const seconds = secondsSince(tick.tickAt, now);
  return chooseRules(rules, ['late'], tick)
    .filter(({ conditions }) => seconds >= (conditions.afterSeconds ?? Infinity))
    .map((rule) => ({
      rule,
      subject: subjects.job(tick.jobId),
      jobId: tick.jobId,
      jobRef: tick.jobRef,
      jobRunId: null,
      pipelineName: null,
      text: describeLate(tick, { tickAt: tick.tickAt, seconds, waitReason: null, jobRunId: null }, paths),
    }));
}

function secondsSince(instant: Date, now: Date): number {
  return (now.getTime() - instant.getTime()) / 1000;
}
