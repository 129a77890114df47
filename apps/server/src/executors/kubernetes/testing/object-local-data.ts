/** The server's side of local data as objects, for executor tests: real services over a database of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCodes } from '@pumphouse/contract';
import fastify from 'fastify';
import { z } from 'zod';
import { createTestDatabase } from '../../../../../../testing/fixtures/postgres.ts';
import { registerLocalDataRoutes } from '../../../api/attempts/local-data-routes.ts';
import { createFolderBlobStore } from '../../../blobs/folder-blob-store.ts';
import { errorBody } from '../../../http/errors.ts';
import { ServiceError } from '../../../platform/service-error.ts';
import type { AttemptLocalData } from '../../../services/local-data/attempt-local-data.ts';
import { createLocalDataObjects } from '../../../services/local-data/local-data-objects.ts';
import { createObjectLocalDataStore } from '../../../services/local-data/object-local-data-store.ts';
import type { LocalDataKey } from '../../../store/records.ts';
import { createPersistence } from '../../../store/store.ts';
import type { LocalDataUse } from '../../contract/local-data-store.ts';
import type { Executor } from '../../executor.ts';
import type { MoreRoutes } from '../../process/testing/attempt-routes.ts';

/** A test may replace what happens before a call, which may fail. */
export interface LocalDataFaults {
  before(attemptId: string, route: string): Promise<void>;
}

export type ObjectLocalData = Awaited<ReturnType<typeof createObjectLocalData>>;

export async function createObjectLocalData() {
  const testDatabase = await createTestDatabase();
  const { database } = testDatabase;
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-local-data-'));
  const persistence = createPersistence(database);
  const blobs = createFolderBlobStore(join(folder, 'blobs'));
  const objects = createLocalDataObjects({ persistence, blobs });
  const store = createObjectLocalDataStore(objects);
  const uses = new Map<string, LocalDataUse>();
  const organization = await persistence.store.people.createOrganization({ name: 'O', dataplaneId: 'local' });
  const app = fastify();
  await registerOn();

  async function addWorkspace({ workspaceId }: Pick<LocalDataKey, 'workspaceId'>): Promise<void> {
    if (!/^[0-9a-f-]{36}$/.test(workspaceId)) return;
    await database.execute(
      `insert into workspaces (id, organization_id, name) values ($1, $2, $3) on conflict do nothing`,
      [workspaceId, organization.id, workspaceId],
    );
  }

  function useOf(attemptId: string) {
    const use = uses.get(attemptId);
    if (!use) throw new ServiceError('not_found', 'There is no such attempt.');
    const { workspaceId, profile, access } = use;
    return { key: { workspaceId, profile }, isCopy: access === 'copy' };
  }

  async function registerOn(): Promise<void> {
    const localData: AttemptLocalData = {
      list(attemptId, page) {
        const { key, isCopy } = useOf(attemptId);
        return objects.list(key, { ...page, isCopy });
      },
      readSnapshotVersion: async (attemptId) => objects.readSnapshotVersion(useOf(attemptId).key),
      openParts: async (attemptId, ids) => objects.openParts(useOf(attemptId).key, ids),
      storeParts: async (attemptId, contents) =>
        objects.storeParts(useOf(attemptId).key, attemptId, contents),
      async commit(attemptId, commit) {
        const { key, isCopy } = useOf(attemptId);
        if (isCopy) throw new ServiceError('local_data_closed', 'A copy is not stored.');
        return objects.commit(key, commit, async () => undefined);
      },
    };
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof ServiceError))
        return reply.status(500).send({ code: 'internal', detail: String(error) });
      return reply
        .status(errorCodes[error.code].status)
        .send(errorBody(error.code, error.message, error.extra));
    });
    registerLocalDataRoutes(
      app,
      '/:attempt_id',
      localData,
      (request) => z.object({ attempt_id: z.string() }).parse(request.params).attempt_id,
    );
    await app.ready();
  }

  const faults: LocalDataFaults = { before: async () => undefined };

  const answer: MoreRoutes = async (attemptId, { method, route, body }) => {
    await faults.before(attemptId, route);
    const answered = await app.inject({
      method,
      url: `/${attemptId}/${route}`,
      headers: { 'content-type': 'application/octet-stream' },
      ...(method === 'POST' ? { payload: body } : {}),
    });
    return { status: answered.statusCode, body: answered.rawPayload };
  };

  return {
    blobs,
    objects,
    answer,
    faults,
    /** An executor whose local data is kept here. */
    use: (executor: Executor): Executor => ({
      ...executor,
      ...store,
      async start(spec) {
        if (spec.localData) {
          await addWorkspace(spec.localData);
          uses.set(spec.attemptId, spec.localData);
        }
        return executor.start(spec);
      },
      async takeSnapshot(scope, ...rest) {
        await addWorkspace(scope);
        return store.takeSnapshot(scope, ...rest);
      },
    }),
    async close() {
      await app.close();
      await testDatabase.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
