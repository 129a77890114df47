import type { AlertJob, EventRecord, JobRunRecord } from '../../store/records.ts';
import type { EventSerializers } from './event-serializers.ts';
import type { RunState } from '@pumphouse/contract';
import type { Persistence } from '../../store/store.ts';
import type { ScopedSubject } from '../../domain/alerts/rule-scope.ts';
import { buildCloudEvent } from '../../domain/events/cloud-event.ts';
import { eventTypes, pingEventType } from '@pumphouse/contract';
import { readTags } from '../../domain/alerts/derive-occurrences.ts';

type Stores =
  'alertSources' | 'attempts' | 'deployments' | 'jobRuns' | 'repeatedLoads' | 'schemaChanges' | 'telemetry';

/** An event as it is sent, and what the scopes of subscriptions are matched against. */
export interface ComposedEvent {
  content: object;
  subject: ScopedSubject;
}

export type ComposeEvent = ReturnType<typeof createComposeEvent>;

const noSubject: ScopedSubject = { jobId: null, jobRef: null, tags: [], pipelineNames: [] };

/**
 * Creates the composition of events from their snapshots and the rows that they are about.
 * @returns a function that returns null if the rows were removed, or another release wrote the event
 */
export function createComposeEvent({
  persistence,
  serializers,
  serverUrl,
}: {
  persistence: Persistence<Stores>;
  serializers: EventSerializers;
  serverUrl: () => string;
}) {
  const { store } = persistence;

  return async function composeEvent(event: EventRecord): Promise<ComposedEvent | null> {
    const type = eventTypes.find((known) => known === event.type);
    if (type === undefined) return null;
    const composed = await composeData(event);
    return (
      composed && {
        subject: composed.subject,
        content: buildCloudEvent({ ...event, type }, composed.data, serverUrl()),
      }
    );
  };

  function composeData(event: EventRecord) {
    const { jobRunId, deploymentId, repeatedLoadId } = event.snapshot;
    if (jobRunId !== undefined) return composeRun(event, jobRunId);
    if (deploymentId !== undefined) return composeDeployment(event, deploymentId);
    if (repeatedLoadId !== undefined) return composeRepeatedLoad(event, repeatedLoadId);
    return composeSchema(event);
  }

  async function composeRun(event: EventRecord, jobRunId: string) {
    const current = await store.jobRuns.find(jobRunId);
    const job = current && (await store.alertSources.getJob(event.workspaceId, current.jobId));
    if (!current || !job) return null;
    const run = restoreRun(current, event);
    const attempts = await store.attempts.listOfRun(jobRunId);
    const data = serializers.jobRun({
      run,
      job: toEventJob(job),
      attempt: attempts.findLast(({ createdAt }) => createdAt <= event.createdAt) ?? null,
      pipelineRuns: run.finishedAt === null ? [] : await store.telemetry.listOfJobRuns([jobRunId]),
    });
    return { data, subject: toSubject(job) };
  }

  async function composeDeployment({ workspaceId }: EventRecord, deploymentId: string) {
    const deployment = await store.deployments.get(workspaceId, deploymentId);
    return deployment ? { data: serializers.deployment(deployment), subject: noSubject } : null;
  }

  async function composeRepeatedLoad({ workspaceId }: EventRecord, repeatedLoadId: string) {
    const load = await store.repeatedLoads.get(repeatedLoadId);
    const run = load && (await store.jobRuns.find(load.jobRunId));
    const job = run && (await store.alertSources.getJob(workspaceId, run.jobId));
    if (!load || !run || !job) return null;
    const data = serializers.repeatedLoad(load, { runNumber: run.number, job: toEventJob(job) });
    const subject = toSubject(job);
    return {
      data,
      subject: { ...subject, pipelineNames: [...subject.pipelineNames, load.pipelineName] },
    };
  }

  async function composeSchema({ workspaceId, snapshot }: EventRecord) {
    const { pipelineName = '', schemaName = '', versionHash = '', jobId = null } = snapshot;
    const changes = await store.schemaChanges.get({ workspaceId, pipelineName, schemaName, versionHash });
    if (!changes) return null;
    const job = jobId === null ? undefined : await store.alertSources.getJob(workspaceId, jobId);
    const data = serializers.schema(changes, { workspaceId, job: job ? toEventJob(job) : null });
    const subject = job ? toSubject(job) : noSubject;
    return { data, subject: { ...subject, pipelineNames: [...subject.pipelineNames, pipelineName] } };
  }
}

/** Returns the run as it was when the event was recorded: later changes have events of their own. */
function restoreRun(current: JobRunRecord, { snapshot, createdAt }: EventRecord): JobRunRecord {
  const { status, startedAt = null, finishedAt = null, updatedAt, notBefore = null } = snapshot;
  const toDate = (text: string | null) => (text === null ? null : new Date(text));
  return {
    ...current,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the trigger wrote the column
    status: (status ?? current.status) as RunState,
    startedAt: toDate(startedAt),
    finishedAt: toDate(finishedAt),
    notBefore: toDate(notBefore),
    updatedAt: toDate(updatedAt ?? null) ?? createdAt,
  };
}

const toEventJob = ({ jobId, jobRef, jobName }: AlertJob) => ({ id: jobId, jobRef, name: jobName });

function toSubject({ jobId, jobRef, tags, pipelineNames }: AlertJob): ScopedSubject {
  return { jobId, jobRef, tags: readTags(tags), pipelineNames };
}

/** Returns the content of a test event. */
export function composePing(
  event: EventRecord,
  { subscriptionId, serverUrl }: { subscriptionId: string; serverUrl: string },
): object {
  const data = { workspace_id: event.workspaceId, subscription_id: subscriptionId };
  return buildCloudEvent({ ...event, type: pingEventType }, data, serverUrl);
}
