import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { LiveChange, LiveEvent, LogLinesResponse } from '@pumphouse/contract';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClient, type ApiError } from '@pumphouse/client';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createAttemptLog } from '../../services/logs/attempt-log.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { seedRun } from '../testing/seed-run.ts';
import { addPipelineRun } from '../../store/postgres/testing/pipelines.ts';
import { copyRun, setRun } from '../../store/postgres/testing/runs.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setJob } from '../../store/postgres/testing/jobs.ts';
import { randomUUID } from 'node:crypto';

let api: ApiFixture;
let baseUrl: string;
let seeded: SeededRun;

beforeAll(async () => {
  // Not more often: a test has 20 streams, which all check their access that often.
  api = await createApiFixture({ streamIdleMs: 40, streamCheckMs: 250 });
  baseUrl = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  // After aborted requests, fetch opens new connections that never send a request; closing would wait for
  // them.
  api.app.server.closeAllConnections();
  await api.close();
});
beforeEach(async () => {
  seeded = await seedRun(api);
});

interface Scopes {
  withLogLines?: boolean;
  since?: string;
  workspaceIds?: readonly string[];
  logs?: readonly { workspaceId: string; jobRunId: string }[];
}

/** Opens a stream and waits until it is ready. */
async function follow(
  { workspaceIds = [seeded.workspaceId], logs = [], withLogLines = false, since }: Scopes = {},
  credential = seeded.owner.key,
) {
  const controller = new AbortController();
  const client = createClient({ baseUrl, credential });
  const events = client.followEvents({
    workspaceIds,
    logs,
    withLogLines,
    ...(since !== undefined && { since }),
    signal: controller.signal,
  });
  const first = await events.next();
  expect(first.value).toEqual({ event: 'ready', data: {} });
  const next = async () => (await events.next()).value as LiveEvent | undefined;

  /** Returns the next event with this name and skips the events before it. */
  async function nextOf<Name extends LiveEvent['event']>(name: Name) {
    for (;;) {
      const event = await next();
      if (event === undefined) throw new Error(`The stream ended before ${name}`);
      if (event.event === name) return event.data as Extract<LiveEvent, { event: Name }>['data'];
    }
  }
  return { next, nextOf, close: () => controller.abort(), [Symbol.dispose]: () => controller.abort() };
}

async function refusalOf(scopes: Scopes, credential = seeded.owner.key) {
  return follow(scopes, credential).then(
    (stream) => {
      stream.close();
      return null;
    },
    (error: ApiError) => ({ status: error.status, code: error.code, detail: error.detail }),
  );
}

const ownLog = () => ({ workspaceId: seeded.workspaceId, jobRunId: seeded.run.id });

async function write(attemptId: string, ...texts: string[]): Promise<void> {
  const lines = texts.map((text) => runnerLine(text, new Date()));
  await api.attemptLog.write(seeded.run.id, attemptId, lines);
}

describe('changes', () => {
  it('are sent with their job and run from the start of the stream', async () => {
    using stream = await follow();
    await api.setRun(seeded.run.id, { status: 'starting' });
    expect(await stream.next()).toEqual({
      event: 'change',
      data: {
        workspace_id: seeded.workspaceId,
        kinds: ['job-run'],
        job_ids: [seeded.run.jobId],
        job_run_ids: [seeded.run.id],
      },
    });
    await api.finishRun(seeded.run.id, {
      status: 'failed',
      failure: { code: 'exit_code', detail: 'It failed.' },
    });
    expect((await stream.nextOf('change')).job_run_ids).toEqual([seeded.run.id]);
  });

  it('exclude other workspaces and lease renewals', async () => {
    const other = await seedRun(api);
    using stream = await follow();
    await api.setRun(other.run.id, { status: 'starting' });
    await api.setRun(seeded.run.id, { leaseExpiresAt: new Date(), claimNumber: 1 });
    await api.setRun(seeded.run.id, { status: 'starting' });
    expect(await stream.next()).toMatchObject({
      data: { workspace_id: seeded.workspaceId, job_run_ids: [seeded.run.id] },
    });
    using both = await follow({ workspaceIds: [seeded.workspaceId] });
    await api.setRun(other.run.id, { status: 'running' });
    await api.setRun(seeded.run.id, { status: 'running' });
    expect(await both.next()).toMatchObject({ data: { job_run_ids: [seeded.run.id] } });
  });

  /** Changes by users, deploys and telemetry, keyed by the expected kind. */
  const changes: Record<string, (at: SeededRun) => Promise<unknown>> = {
    job: ({ run }) => setJob(api.testDatabase.database, { id: run.jobId }, { isPaused: true }),
    deployment: ({ workspaceId, owner }) => api.createPackages(workspaceId, owner.membershipId),
    configuration: ({ workspaceId, owner }) => api.createPackages(workspaceId, owner.membershipId),
    variable: ({ workspaceId, owner }) =>
      api.persistence.store.variables.upsert(
        { workspaceId, profile: null },
        [{ name: 'A', plainValue: 'a', sealedValue: null }],
        owner.userId,
      ),
    member: async ({ workspaceId }) => {
      const { organizationId } = await findWorkspace(workspaceId);
      await api.createCaller({ id: organizationId, role: 'member' }, { id: workspaceId, role: 'viewer' });
    },
    webhook: ({ workspaceId }) =>
      api.persistence.store.webhooks.insert({
        id: randomUUID(),
        workspaceId,
        path: 'a',
        tokenHash: Buffer.from(workspaceId),
        sealedToken: Buffer.alloc(0),
      }),
    'saved-view': async ({ workspaceId, owner }) => {
      const view = { name: 'Failures', search: 'status=failed', isShared: true };
      await api.persistence.store.savedViews.insert(
        { workspaceId, userId: owner.userId, page: 'runs' },
        view,
      );
    },
    workspace: ({ workspaceId }) => api.services.workspaces.update(workspaceId, { name: 'Renamed' }),
    schema: ({ workspaceId, run }) =>
      api.persistence.store.schemaVersions.insert({
        workspaceId,
        pipelineName: 'p',
        schemaName: 's',
        versionHash: 'h',
        version: null,
        previousHashes: [],
        destinationName: null,
        datasetName: null,
        document: {},
        jobRunId: run.id,
      }),
    'pipeline-run': async ({ workspaceId, run }) => {
      const attempt = await api.createAttempt(run);
      await addPipelineRun(api.testDatabase.database, {
        workspaceId,
        jobRunId: run.id,
        attemptId: attempt.id,
        transactionId: 'a',
        pipelineName: 'p',
        status: 'completed',
      });
    },
  };

  async function findWorkspace(workspaceId: string) {
    const workspace = await api.persistence.store.workspaces.get(workspaceId);
    if (!workspace) throw new Error('The workspace is gone');
    return workspace;
  }

  it.each(Object.entries(changes))('include a %s', async (kind, change) => {
    using stream = await follow();
    await change(seeded);
    const kinds = new Set<string>();
    while (!kinds.has(kind)) for (const each of (await stream.nextOf('change')).kinds) kinds.add(each);
    expect([...kinds]).toContain(kind);
  });

  it('name the run that reported telemetry', async () => {
    using stream = await follow();
    await changes['schema']?.(seeded);
    expect(await stream.nextOf('change')).toMatchObject({
      kinds: ['schema'],
      job_ids: [seeded.run.jobId],
      job_run_ids: [seeded.run.id],
    });
  });

  it('of ten thousand runs are combined into a few messages without run ids', async () => {
    using stream = await follow();
    await copyRun(api.testDatabase.database, seeded.run.id, 10_000, () => ({
      status: 'completed',
      finishedAt: new Date(),
    }));
    const many: LiveChange = await stream.nextOf('change');
    expect(many).toMatchObject({ workspace_id: seeded.workspaceId, job_run_ids: null });
    expect(many.kinds).toContain('job-run');
    // The next message is about the next change: nothing of the ten thousand is left over.
    await api.setRun(seeded.run.id, { status: 'starting' });
    expect(await stream.nextOf('change')).toMatchObject({ kinds: ['job-run'], job_run_ids: [seeded.run.id] });
  });

  it('of a transaction that began before the stream are sent when it commits', async () => {
    const { promise: isBegun, resolve: begun } = Promise.withResolvers<void>();
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const slow = api.testDatabase.database.transaction(async (tx) => {
      await setRun(tx, seeded.run.id, { status: 'starting' });
      begun();
      await mayCommit;
    });
    await isBegun;
    using stream = await follow();
    const other = await seedRun(api);
    using elsewhere = await follow({ workspaceIds: [other.workspaceId] }, other.owner.key);
    // A change with a higher number that commits earlier. A reader that only compares numbers would miss the
    // slow one.
    await api.setRun(other.run.id, { status: 'starting' });
    await elsewhere.nextOf('change');
    commit();
    await slow;
    expect((await stream.nextOf('change')).job_run_ids).toEqual([seeded.run.id]);
  });
});

describe('changes since a position', () => {
  async function readPosition(): Promise<string> {
    const position = await api.services.readLivePosition();
    if (position === null) throw new Error('The position was not read');
    return position;
  }

  it('are sent first, and none from before it', async () => {
    await api.setRun(seeded.run.id, { status: 'starting' });
    const since = await readPosition();
    await setJob(api.testDatabase.database, { id: seeded.run.jobId }, { isPaused: true });
    using stream = await follow({ since });
    expect(await stream.nextOf('change')).toMatchObject({
      workspace_id: seeded.workspaceId,
      kinds: ['job'],
    });
    const later = await readPosition();
    using other = await follow({ since: later });
    await api.setRun(seeded.run.id, { status: 'running' });
    expect(await other.nextOf('change')).toMatchObject({ kinds: ['job-run'] });
  });

  it('include those of a transaction that began before it and ended after it', async () => {
    const { workspaceId, owner } = seeded;
    const since = await api.persistence.transaction(async (tx) => {
      const scope = { workspaceId, profile: null };
      await tx.variables.upsert(scope, [{ name: 'A', plainValue: 'a', sealedValue: null }], owner.userId);
      return readPosition();
    });
    using stream = await follow({ since });
    expect(await stream.nextOf('change')).toMatchObject({ workspace_id: workspaceId, kinds: ['variable'] });
  });

  it('may be anything if the position cannot be read', async () => {
    using stream = await follow({ since: '9:1:' });
    expect(await stream.nextOf('change')).toMatchObject({ job_ids: null, job_run_ids: null });
    expect(await refusalOf({ since: "1:1:'" })).toMatchObject({ status: 400 });
  });
});

describe('the new lines of a log', () => {
  const contentsOf = (added: LogLinesResponse | undefined) => added?.lines.map(({ content }) => content);

  it('are sent with its length to those who ask for them', async () => {
    const { id: attemptId } = await api.createAttempt(seeded.run);
    await write(attemptId, 'one', 'two');
    using stream = await follow({ logs: [ownLog()], withLogLines: true });
    using other = await follow({ logs: [ownLog()] });
    const first = await stream.nextOf('log');
    expect(first).not.toHaveProperty('added');
    await other.nextOf('log');
    await write(attemptId, 'three', 'four');
    const { added, line_count } = await stream.nextOf('log');
    expect(added).toMatchObject({
      line_count,
      is_complete: false,
      attempts: [{ number: 1, first_line: 0, line_count }],
    });
    expect(added?.lines[0]?.line_num).toBe(first.line_count);
    expect(contentsOf(added)).toEqual(['three', 'four']);
    expect(await other.nextOf('log')).not.toHaveProperty('added');
  });

  it('are left out if there are many, or long ones', async () => {
    const { id: attemptId } = await api.createAttempt(seeded.run);
    using stream = await follow({ logs: [ownLog()], withLogLines: true });
    await stream.nextOf('log');
    await write(attemptId, ...Array.from({ length: 201 }, (_, index) => `line ${index}`));
    expect(await stream.nextOf('log')).not.toHaveProperty('added');
    await write(attemptId, ...Array.from({ length: 9 }, () => 'x'.repeat(8000)));
    expect(await stream.nextOf('log')).not.toHaveProperty('added');
    await write(attemptId, 'short');
    expect(contentsOf((await stream.nextOf('log')).added)).toEqual(['short']);
  });
});

describe('the length of a log', () => {
  it('is sent at first, as it grows, and when the run is over', async () => {
    const attempt = await api.createAttempt(seeded.run);
    await write(attempt.id, 'one', 'two');
    using stream = await follow({ logs: [ownLog()] });
    const job_run_id = seeded.run.id;
    expect(await stream.nextOf('log')).toEqual({ job_run_id, line_count: 2, is_complete: false });
    await write(attempt.id, 'three');
    expect(await stream.nextOf('log')).toEqual({ job_run_id, line_count: 3, is_complete: false });
    await api.finishRun(seeded.run.id, { status: 'completed' });
    expect(await stream.nextOf('log')).toMatchObject({ job_run_id, is_complete: true });
  });

  it('is sent when another server stored the lines', async () => {
    const attempt = await api.createAttempt(seeded.run);
    using stream = await follow({ logs: [ownLog()] });
    await stream.nextOf('log');
    // Simulates another process: it shares only the database and the files.
    const elsewhere = createAttemptLog(api.persistence, api.logFiles);
    await elsewhere.write(seeded.run.id, attempt.id, [runnerLine('from afar', new Date())]);
    expect(await stream.nextOf('log')).toMatchObject({ line_count: 1 });
  });

  it('counts a removed log as one line, and includes the attempts after it', async () => {
    const first = await api.createAttempt(seeded.run);
    await write(first.id, 'one', 'two');
    await setAttempt(api.testDatabase.database, first.id, { logRemovedAt: new Date() });
    await write((await api.createAttempt(seeded.run)).id, 'three');
    using stream = await follow({ logs: [ownLog()] });
    expect(await stream.nextOf('log')).toMatchObject({ line_count: 2 });
  });
});

describe('a stream', () => {
  it('covers several workspaces and logs the caller may read', async () => {
    const other = await seedRun(api);
    const { organizationId } = (await api.persistence.store.workspaces.get(other.workspaceId)) ?? {
      organizationId: '',
    };
    const membership = await api.persistence.store.people.addMember(
      organizationId,
      seeded.owner.userId,
      'member',
    );
    await api.persistence.store.workspaces.addMember(other.workspaceId, membership.id, 'viewer');
    const logs = [ownLog(), { workspaceId: other.workspaceId, jobRunId: other.run.id }];
    using stream = await follow({ workspaceIds: [seeded.workspaceId, other.workspaceId], logs });
    expect(
      [(await stream.nextOf('log')).job_run_id, (await stream.nextOf('log')).job_run_id].toSorted(),
    ).toEqual([seeded.run.id, other.run.id].toSorted());
    await api.setRun(other.run.id, { status: 'starting' });
    expect((await stream.nextOf('change')).workspace_id).toBe(other.workspaceId);
  });

  it('is rejected as a whole if the caller may not read one workspace, with the same error as for a missing one', async () => {
    const other = await seedRun(api);
    const nowhere = '11111111-1111-4111-8111-111111111111';
    for (const hidden of [other.workspaceId, nowhere]) {
      expect(await refusalOf({ workspaceIds: [seeded.workspaceId, hidden] })).toEqual({
        status: 404,
        code: 'not_found',
        detail: `There is no workspace ${hidden}.`,
      });
      expect(await refusalOf({ logs: [{ workspaceId: hidden, jobRunId: other.run.id }] })).toMatchObject({
        detail: `There is no workspace ${hidden}.`,
      });
    }
    for (const hidden of [other.run.id, nowhere]) {
      expect(
        await refusalOf({ logs: [ownLog(), { workspaceId: seeded.workspaceId, jobRunId: hidden }] }),
      ).toEqual({
        status: 404,
        code: 'not_found',
        detail: `There is no job run ${hidden}.`,
      });
    }
  });

  it('is rejected without a workspace, with too many workspaces, and for an invalid log', async () => {
    const many = Array.from({ length: 21 }, () => seeded.workspaceId);
    const logs = [{ workspaceId: seeded.workspaceId, jobRunId: 'x' }];
    for (const scopes of [{ workspaceIds: [] }, { workspaceIds: many }, { logs }, { logs: many.map(ownLog) }])
      expect(await refusalOf(scopes)).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('sends keep-alive comments while nothing happens', async () => {
    const response = await fetch(`${baseUrl}/pumphouse/v1/events?workspace_id=${seeded.workspaceId}`, {
      headers: { authorization: `Bearer ${seeded.owner.key}` },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    if (!response.body) throw new Error('The stream has no body');
    const chunks = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    let text = '';
    const ready = 'event: ready\ndata: {}\n\n';
    // On a busy machine the first comment may come before `ready`.
    const isDone = () => text.includes(ready) && text.split(': still here').length >= 3;
    while (!isDone()) text += (await chunks.next()).value;
    await chunks.return?.();
  });

  it('ends when its session is over', async () => {
    const { signIn } = api;
    const { jwt, sessionId } = await signIn.sessions.begin({ userId: seeded.owner.userId, client: 'test' });
    using stream = await follow({}, jwt);
    await signIn.sessions.revoke(seeded.owner.userId, sessionId);
    api.credentials.forget();
    expect(await stream.next()).toMatchObject({ event: 'end', data: { reason: 'not_authenticated' } });
    expect(await stream.next()).toBeUndefined();
  });

  it('ends when the key is revoked, and when the membership is removed', async () => {
    const viewer = await createViewer();
    using byKey = await follow({}, viewer.key);
    await api.services.keys.revokePersonal(viewer.principal, viewer.principal.credential?.id ?? '');
    expect(await byKey.nextOf('end')).toMatchObject({ reason: 'not_authenticated' });
    const leaver = await createViewer();
    using byMember = await follow({}, leaver.key);
    await api.persistence.store.members.removeFromWorkspace(seeded.workspaceId, leaver.membershipId);
    expect(await byMember.nextOf('end')).toMatchObject({ reason: 'no_access' });
  });

  async function createViewer(): Promise<TestCaller> {
    const workspace = await api.persistence.store.workspaces.get(seeded.workspaceId);
    return api.createCaller(
      { id: workspace?.organizationId ?? '', role: 'collaborator' },
      { id: seeded.workspaceId, role: 'viewer' },
    );
  }

  it('counts towards a limit of 20 per user, and frees its slot when it closes', async () => {
    const streams = [];
    for (let count = 0; count < 20; count += 1) streams.push(await follow());
    expect(await refusalOf({})).toMatchObject({ status: 429, code: 'too_many_streams' });
    using _others = await follow({}, (await createViewer()).key);
    streams[0]?.close();
    await expect.poll(() => refusalOf({})).toBeNull();
    for (const stream of streams) stream.close();
  });

  it('reports that the server is stopping', async () => {
    const other = await createApiFixture();
    const address = await other.app.listen({ host: '127.0.0.1', port: 0 });
    const { owner, workspaceId } = await seedRun(other);
    const client = createClient({ baseUrl: address, credential: owner.key });
    const events = client.followEvents({ workspaceIds: [workspaceId] });
    expect((await events.next()).value).toMatchObject({ event: 'ready' });
    const last = events.next();
    await other.close();
    expect((await last).value).toMatchObject({ event: 'end', data: { reason: 'stopping' } });
  });
});
