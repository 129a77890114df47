import type { ConfigurationRecord, HoldingAttempt, HoldingRun, StoredHold } from '../../store/records.ts';
import type { FileWait, HoldDecision, HoldTarget } from '../../domain/pipelines/pipeline-holds.ts';
import type { JobSettings } from '../../domain/jobs/job-settings.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { chooseJobSettings } from '../../domain/jobs/job-settings.ts';
import {
  decidePauseSeconds,
  describeDeadlock,
  describeHeld,
  describeHoldWait,
} from '../../domain/pipelines/describe-hold.ts';
import { decideHold, listUnheld, targetKey } from '../../domain/pipelines/pipeline-holds.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { LRUCache } from 'lru-cache';

/** What user code is about to write. */
export interface HoldQuestion {
  pipeline: string;
  /** Null if the call does not write to a destination. */
  dataset: { destination: string; name: string } | null;
}

export type HoldAnswer =
  | { state: 'held' }
  /** The attempt asks again after the pause. */
  | { state: 'waiting'; detail: string; pauseSeconds: number };

/** Finds the settings that a run was created with. */
interface ConfigurationsOfRuns {
  getConfiguration: (run: HoldingRun) => Promise<Pick<ConfigurationRecord, 'runSettings'>>;
}

export type HoldPipelines = ReturnType<typeof createHoldPipelines>;

/** More would only fill the table: hostile code can invent names. */
const maxTargetsOfAttempt = 200;

/** More than a server drives at once. */
const maxRuns = 500;
const maxWaiting = 1000;

/**
 * Lets one attempt at a time write with a pipeline or to a dataset of its workspace. A hold counts while its
 * attempt is open, so it ends with the attempt, whatever ends that.
 */
export function createHoldPipelines(
  persistence: Persistence<'pipelineHolds'>,
  packageVersions: ConfigurationsOfRuns,
) {
  const { pipelineHolds } = persistence.store;
  const runs = new LRUCache<string, HoldingRun>({ max: maxRuns });
  /** Questions that were answered with `waiting`: only the rules decide them. A missing one costs a statement. */
  const waiting = new LRUCache<string, true>({ max: maxWaiting });

  /** @throws ServiceError not_found, attempt_closed, attempt_files_withheld */
  async function findAttempt(attemptId: string): Promise<HoldingAttempt> {
    const attempt = await pipelineHolds.findAttempt(attemptId);
    if (!attempt) throw new ServiceError('not_found', 'There is no such attempt.');
    if (attempt.isOver) throw new ServiceError('attempt_closed', 'This attempt has ended.');
    if (!attempt.isBegun)
      throw new ServiceError('attempt_files_withheld', 'The attempt was not admitted. It may write nothing.');
    return attempt;
  }

  /** The settings are those of the configuration that the run was created with. */
  async function readSettings(attempt: HoldingRun): Promise<JobSettings> {
    const { runSettings } = await packageVersions.getConfiguration(attempt);
    return chooseJobSettings(runSettings, attempt.profile, attempt.jobRef);
  }

  async function decideByRules(
    attemptId: string,
    targets: readonly HoldTarget[],
    { onHeld, fileWaits }: Pick<JobSettings, 'onHeld'> & Pick<Asking, 'fileWaits'>,
  ): Promise<HoldAnswer> {
    const attempt = await findAttempt(attemptId);
    const asking = { ...attempt, attemptId, targets, onHeld, fileWaits };
    const before = decide(await pipelineHolds.listOpen(attempt.workspaceId), asking);
    if (before.isStored) return toAnswer(before.decision, asking);
    const { decision } = await persistence.transaction((tx) => settle(tx, asking));
    return toAnswer(decision, asking);
  }

  return {
    /** Keeps what the first question of an attempt would have to read. */
    remember(
      attemptId: string,
      { workspaceId, jobRunId, configurationId, profile, jobRef }: HoldingRun,
    ): void {
      runs.set(attemptId, { workspaceId, jobRunId, configurationId, profile, jobRef });
    },

    /**
     * Asks for what a call is about to write. An attempt may ask again for what it holds, and repeats its
     * question while it waits, which keeps its place in the order.
     * @param fileWaits as the machine of the attempt sees them; they can only fail the question itself
     * @throws ServiceError pipeline_held, pipeline_deadlock, too_many_pipelines, and those of `findAttempt`
     */
    async ask(
      attemptId: string,
      question: HoldQuestion,
      fileWaits: readonly FileWait[] = [],
    ): Promise<HoldAnswer> {
      const run = runs.get(attemptId) ?? (await findAttempt(attemptId));
      const settings = await readSettings(run);
      const targets = listTargets(run, question, settings);
      if (targets.length === 0) return { state: 'held' };
      const asked = `${attemptId} ${targets.map(targetKey).join()}`;
      const attempt = { attemptId, workspaceId: run.workspaceId };
      if (!waiting.has(asked) && (await pipelineHolds.take(attempt, targets, maxTargetsOfAttempt)))
        return { state: 'held' };
      const answer = await decideByRules(attemptId, targets, { ...settings, fileWaits });
      if (answer.state === 'waiting') waiting.set(asked, true);
      return answer;
    },

    /** Gives up waiting: the code of the attempt no longer asks. What it holds stays held. */
    async withdraw(attemptId: string, question: HoldQuestion): Promise<void> {
      const attempt = await findAttempt(attemptId);
      const targets = listTargets(attempt, question, { exclusive: 'dataset' });
      await persistence.transaction(async (tx) => {
        await tx.pipelineHolds.lock(attempt.workspaceId);
        await stopWaiting(tx, { ...attempt, attemptId, targets });
      });
    },
  };
}

interface Asking extends HoldingAttempt {
  attemptId: string;
  targets: readonly HoldTarget[];
  fileWaits?: readonly FileWait[];
}

/** @throws ServiceError too_many_pipelines */
async function settle(tx: Pick<Store, 'pipelineHolds'>, asking: Asking & Pick<JobSettings, 'onHeld'>) {
  const { pipelineHolds } = tx;
  const { attemptId, workspaceId, jobRunId } = asking;
  await pipelineHolds.lock(workspaceId);
  await pipelineHolds.removeEnded(workspaceId);
  const holds = await pipelineHolds.listOpen(workspaceId);
  const { decision, unheld, ticket } = decide(holds, asking);
  const isNew = ticket === null && unheld.length > 0;
  const own = holds.filter((hold) => hold.attemptId === attemptId);
  if (isNew && own.length + unheld.length > maxTargetsOfAttempt)
    throw new ServiceError(
      'too_many_pipelines',
      `A run may write with ${maxTargetsOfAttempt} pipelines and datasets at most.`,
    );
  const isFinal = decision.kind === 'deadlock' || (decision.kind === 'wait' && asking.onHeld === 'fail');
  if (isFinal) await stopWaiting(tx, asking);
  else {
    const isHeld = decision.kind === 'held';
    const order = ticket ?? (await pipelineHolds.nextTicket());
    await pipelineHolds.put({ attemptId, workspaceId }, unheld, { ticket: order, isHeld });
    if (decision.kind === 'wait')
      await pipelineHolds.setWaitReason(jobRunId, describeHoldWait(decision.blockedBy));
    else if (!waitsForMore(own, unheld)) await pipelineHolds.setWaitReason(jobRunId, null);
  }
  return { decision };
}

/** Decides by these holds; `isStored` if the decision changes nothing. */
function decide(holds: readonly StoredHold[], { attemptId, targets, waitReason, fileWaits }: Asking) {
  const unheld = listUnheld(holds, attemptId, targets);
  const keys = new Set(unheld.map(targetKey));
  const waiting = holds.filter((hold) => hold.attemptId === attemptId && keys.has(targetKey(hold)));
  const ticket = waiting.length === 0 ? null : Math.min(...waiting.map((hold) => hold.ticket));
  const decision: HoldDecision<StoredHold> =
    unheld.length === 0
      ? { kind: 'held' }
      : decideHold(holds, { attemptId, targets: unheld, ticket, fileWaits });
  const isStored =
    unheld.length === 0 ||
    (decision.kind === 'wait' &&
      waiting.length === unheld.length &&
      waitReason === describeHoldWait(decision.blockedBy));
  return { decision, unheld, ticket, isStored };
}

async function stopWaiting(tx: Pick<Store, 'pipelineHolds'>, asking: Asking): Promise<void> {
  const { attemptId, workspaceId, jobRunId, targets } = asking;
  await tx.pipelineHolds.withdraw(attemptId, targets);
  const own = (await tx.pipelineHolds.listOpen(workspaceId)).filter((hold) => hold.attemptId === attemptId);
  if (!waitsForMore(own, targets)) await tx.pipelineHolds.setWaitReason(jobRunId, null);
}

/** Another thread of the attempt waits for something else. */
function waitsForMore(own: readonly StoredHold[], targets: readonly HoldTarget[]): boolean {
  const keys = new Set(targets.map(targetKey));
  return own.some((hold) => !hold.isHeld && !keys.has(targetKey(hold)));
}

function listTargets(
  { profile }: Pick<HoldingRun, 'profile'>,
  { pipeline, dataset }: HoldQuestion,
  { exclusive }: Pick<JobSettings, 'exclusive'>,
): HoldTarget[] {
  if (exclusive === 'off') return [];
  const ofPipeline = { kind: 'pipeline', profile, name: pipeline, destination: '' } as const;
  if (exclusive === 'pipeline' || dataset === null) return [ofPipeline];
  return [ofPipeline, { kind: 'dataset', profile: '', ...dataset }];
}

/** @throws ServiceError pipeline_held, pipeline_deadlock */
function toAnswer(decision: HoldDecision<StoredHold>, { onHeld }: Pick<JobSettings, 'onHeld'>): HoldAnswer {
  if (decision.kind === 'held') return { state: 'held' };
  const { blockedBy } = decision;
  if (decision.kind === 'deadlock')
    throw new ServiceError('pipeline_deadlock', describeDeadlock(blockedBy, decision.waitsFor));
  if (onHeld === 'fail') throw new ServiceError('pipeline_held', describeHeld(blockedBy));
  return {
    state: 'waiting',
    detail: describeHoldWait(blockedBy),
    pauseSeconds: decidePauseSeconds(decision.position),
  };
}
