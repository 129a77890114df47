import type { AlertKind } from '@pumphouse/contract';
import type { AlertRuleRecord } from '../../store/records.ts';
import type { ConsolePaths } from '../../domain/alerts/incident-text.ts';
import type { EvaluatedRule } from '../../domain/alerts/derive-occurrences.ts';
import type { Finding, UsualDuration } from '../../domain/alerts/derive-open-runs.ts';
import type { Persistence } from '../../store/store.ts';
import type { ReadOrganizationStorage } from '../workspaces/read-organization-storage.ts';
import type { ReadFreshness } from '../pipelines/read-freshness.ts';
import type { ReadTickLag } from '../scheduling/read-tick-lag.ts';
import { chooseRules, subjects } from '../../domain/alerts/derive-occurrences.ts';
import { completeConditions } from '../../domain/alerts/alert-kinds.ts';
import { createConsolePaths } from '../../domain/alerts/incident-text.ts';
import { deriveFromMissedTick, deriveFromOpenRun } from '../../domain/alerts/derive-open-runs.ts';
import {
  describeLag,
  describeStorage,
  describeUsedMinutes,
} from '../../domain/alerts/describe-installation-incidents.ts';
import { describeStaleness } from '../../domain/alerts/describe-data-incidents.ts';

/** The conditions of timed rules that hold at one moment. */
export interface Observation {
  findings: Finding[];
  /** Rules about which some conditions may not have been read: their incidents are not resolved. */
  incompleteRuleIds: ReadonlySet<string>;
}

export interface ObservedWorkspace {
  workspaceId: string;
  organizationId: string;
  now: Date;
}

export type ObserveConditions = ReturnType<typeof createObserveConditions>;

type Stores = 'alertSources' | 'organizationLimits' | 'usage';

/** Open runs of a workspace that one evaluation reads. */
const maxOpenRuns = 2000;
const maxMissedTicks = 500;
const maxPipelines = 2000;
/** The usual duration is a median over this many successful runs. */
const durationsOfHistory = 30;

const openRunKinds: readonly AlertKind[] = ['late', 'running_long', 'stuck_waiting', 'no_output'];

/**
 * Creates a function that reads the conditions of timed rules, outside of any transaction. It reads open runs,
 * due ticks and sums, never a history.
 */
export function createObserveConditions({
  persistence: { store },
  readFreshness,
  readOrganizationStorage,
  readTickLag,
}: {
  persistence: Persistence<Stores>;
  readFreshness: Pick<ReadFreshness, 'listPipelines'>;
  readOrganizationStorage: ReadOrganizationStorage;
  readTickLag: ReadTickLag;
}) {
  return async function observeConditions(
    rules: readonly AlertRuleRecord[],
    workspace: ObservedWorkspace,
  ): Promise<Observation> {
    const paths = createConsolePaths(workspace.workspaceId);
    const of = (...kinds: AlertKind[]) => rules.filter(({ kind }) => kinds.includes(kind));
    const parts = await Promise.all([
      observeOpenRuns(of(...openRunKinds), workspace, paths),
      observeMissedTicks(of('late'), workspace, paths),
      observeFreshness(of('freshness_missed'), workspace, paths),
      observeStorage(of('storage_near_limit'), workspace, paths),
      observeUsage(of('limits_near_end'), workspace, paths),
      observeLag(of('ticks_behind'), paths),
    ]);
    // A job may have a missed tick and a run that waits since an earlier one: one incident.
    const findings = new Map(
      parts.flatMap((part) =>
        part.findings.map((each) => [`${each.rule.id} ${each.subject}`, each] as const),
      ),
    );
    return {
      findings: [...findings.values()],
      incompleteRuleIds: new Set(parts.flatMap((part) => [...part.incompleteRuleIds])),
    };
  };

  async function observeOpenRuns(
    rules: readonly AlertRuleRecord[],
    { workspaceId, now }: ObservedWorkspace,
    paths: ConsolePaths,
  ): Promise<Observation> {
    if (rules.length === 0) return none;
    // A run may have been created long after its tick.
    const shortest = Math.min(...rules.map((rule) => (rule.kind === 'late' ? 0 : shortestSeconds(rule))));
    const runs = await store.alertSources.listOpenRuns(
      workspaceId,
      secondsBefore(now, shortest),
      maxOpenRuns,
    );
    const usual = await readUsual(rules, runs);
    return {
      findings: runs.flatMap((run) =>
        deriveFromOpenRun(rules, run, { usual: usual.get(run.jobId), now, paths }),
      ),
      incompleteRuleIds: runs.length < maxOpenRuns ? new Set() : idsOf(rules),
    };
  }

  async function readUsual(
    rules: readonly AlertRuleRecord[],
    runs: readonly { jobId: string; isApp: boolean; startedAt: Date | null }[],
  ): Promise<Map<string, UsualDuration>> {
    if (!rules.some(({ kind }) => kind === 'running_long')) return new Map();
    const started = runs.filter(({ isApp, startedAt }) => !isApp && startedAt !== null);
    const jobIds = [...new Set(started.map(({ jobId }) => jobId))];
    if (jobIds.length === 0) return new Map();
    const usual = await store.alertSources.listUsualSeconds(jobIds, durationsOfHistory);
    return new Map(usual.map((each) => [each.jobId, each]));
  }

  async function observeMissedTicks(
    rules: readonly AlertRuleRecord[],
    { workspaceId, now }: ObservedWorkspace,
    paths: ConsolePaths,
  ): Promise<Observation> {
    if (rules.length === 0) return none;
    const dueBefore = secondsBefore(now, Math.min(...rules.map(shortestSeconds)));
    const ticks = await store.alertSources.listMissedTicks(workspaceId, dueBefore, maxMissedTicks);
    return {
      findings: ticks.flatMap((tick) => deriveFromMissedTick(rules, tick, { now, paths })),
      incompleteRuleIds: ticks.length < maxMissedTicks ? new Set() : idsOf(rules),
    };
  }

  async function observeFreshness(
    rules: readonly AlertRuleRecord[],
    { workspaceId, now }: ObservedWorkspace,
    paths: ConsolePaths,
  ): Promise<Observation> {
    if (rules.length === 0) return none;
    const page = await readFreshness.listPipelines(
      workspaceId,
      { isStale: true },
      { limit: maxPipelines, offset: 0 },
    );
    const names = page.items.map(({ pipelineName }) => pipelineName);
    const jobs = await store.alertSources.listJobsOfPipelines(workspaceId, names);
    const findings = page.items.flatMap(({ pipelineName, freshness }): Finding[] => {
      const own = jobs.filter((job) => job.pipelineName === pipelineName);
      const covering = new Map(
        own
          .flatMap((job) => chooseRules(rules, ['freshness_missed'], job, [pipelineName]))
          .map((rule) => [rule.id, rule]),
      );
      return [...covering.values()]
        .filter(({ conditions: { afterSeconds = 0 } }) => isPast(freshness.staleAt, afterSeconds, now))
        .map((rule) => ({
          rule,
          subject: subjects.pipeline(pipelineName),
          jobId: own.length === 1 ? (own[0]?.jobId ?? null) : null,
          jobRef: own.length === 1 ? (own[0]?.jobRef ?? null) : null,
          jobRunId: null,
          pipelineName,
          text: describeStaleness(pipelineName, freshness, paths),
        }));
    });
    return { findings, incompleteRuleIds: page.total <= maxPipelines ? new Set() : idsOf(rules) };
  }

  async function observeStorage(
    rules: readonly AlertRuleRecord[],
    { organizationId }: ObservedWorkspace,
    paths: ConsolePaths,
  ): Promise<Observation> {
    if (rules.length === 0) return none;
    const stored = await readOrganizationStorage(organizationId);
    const findings = stored.flatMap(({ kind, bytes, limit: { maxBytes } }) => {
      if (bytes === null || maxBytes === null) return [];
      return withPercent(rules, (bytes / maxBytes) * 100).map((rule) => ({
        ...ofOrganization(rule, `storage:${kind}`),
        text: describeStorage({ kind, bytes, maxBytes }, paths),
      }));
    });
    return { findings, incompleteRuleIds: new Set() };
  }

  async function observeUsage(
    rules: readonly AlertRuleRecord[],
    { organizationId }: ObservedWorkspace,
    paths: ConsolePaths,
  ): Promise<Observation> {
    if (rules.length === 0) return none;
    const limits = await store.organizationLimits.get(organizationId);
    const minutesAMonth = limits?.minutesAMonth ?? null;
    if (minutesAMonth === null) return none;
    const { usedSeconds } = await store.usage.monthSoFar({ organizationId });
    const usedMinutes = usedSeconds / 60;
    const percent = minutesAMonth === 0 ? 100 : (usedMinutes / minutesAMonth) * 100;
    const findings = withPercent(rules, percent).map((rule) => ({
      ...ofOrganization(rule, 'minutes'),
      text: describeUsedMinutes({ usedMinutes, minutesAMonth }, paths),
    }));
    return { findings, incompleteRuleIds: new Set() };
  }

  async function observeLag(rules: readonly AlertRuleRecord[], paths: ConsolePaths): Promise<Observation> {
    if (rules.length === 0) return none;
    const { seconds } = await readTickLag();
    const findings = rules
      .filter((rule) => seconds >= shortestSeconds(rule))
      .map((rule) => ({ ...ofOrganization(rule, 'ticks'), text: describeLag(seconds, paths) }));
    return { findings, incompleteRuleIds: new Set() };
  }
}

const none: Observation = { findings: [], incompleteRuleIds: new Set() };

function ofOrganization(rule: EvaluatedRule, subject: string) {
  return { rule, subject, jobId: null, jobRef: null, jobRunId: null, pipelineName: null };
}

function withPercent(rules: readonly AlertRuleRecord[], percent: number): AlertRuleRecord[] {
  return rules.filter(
    (rule) => percent >= (completeConditions(rule.kind, rule.conditions).percent ?? Infinity),
  );
}

/** A rule without a fixed time, which compares with a history, looks at all runs. */
function shortestSeconds({ kind, conditions }: AlertRuleRecord): number {
  return completeConditions(kind, conditions).afterSeconds ?? 0;
}

/** A pipeline that has never succeeded is stale since ever. */
function isPast(staleAt: Date | null, graceSeconds: number, now: Date): boolean {
  return staleAt === null || secondsBefore(now, graceSeconds) >= staleAt;
}

function secondsBefore(now: Date, seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000);
}

function idsOf(rules: readonly AlertRuleRecord[]): Set<string> {
  return new Set(rules.map(({ id }) => id));
}
