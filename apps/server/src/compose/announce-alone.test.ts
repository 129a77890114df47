import type { Persistence } from '../store/store.ts';
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { announceAlone } from './announce-alone.ts';
import { announceServer, listAnnouncedServers } from '../platform/announced-servers.ts';

/** A database with an installation id, and the servers that are registered in it. */
function createDatabase(installationId: string) {
  const serverIds = new Set<string>();
  const store = {
    installation: { get: async () => ({ id: installationId }) },
    servers: { isRegistered: async (serverId: string) => serverIds.has(serverId) },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what announceAlone calls
  const persistence = { store } as unknown as Persistence<'installation' | 'servers'>;
  return {
    serverIds,
    async start(serverId: string = randomUUID()) {
      serverIds.add(serverId);
      const announcement = await announceAlone(persistence, serverId);
      onTestFinished(() => announcement.close());
      return serverId;
    },
  };
}

const listIds = async (installationId: string) =>
  (await listAnnouncedServers(installationId)).map(({ serverId }) => serverId).toSorted();

/** Announces a server that gives no answer. */
async function announceSilent(installationId: string, serverId: string = randomUUID()): Promise<string> {
  const silent = () => Promise.reject(new Error('The database is away'));
  const announcement = await announceServer(installationId, { serverId, pid: process.pid }, silent);
  onTestFinished(() => announcement.close());
  return serverId;
}

it('servers of one database run beside each other', async () => {
  const id = randomUUID();
  const database = createDatabase(id);
  const started = [await database.start(), await database.start()];
  expect(await listIds(id)).toEqual(started.toSorted());
});

it('a server is refused beside one with the same installation id and another database', async () => {
  const id = randomUUID();
  const first = await createDatabase(id).start();
  await expect(createDatabase(id).start()).rejects.toMatchObject({
    code: 'installation_in_use',
    message: expect.stringContaining(`pid ${process.pid}`) as string,
  });
  expect(await listIds(id)).toEqual([first]);
});

it('a copy of a database, with the servers that it had then, is refused as well', async () => {
  const id = randomUUID();
  const original = createDatabase(id);
  const first = await original.start();
  const copy = createDatabase(id);
  copy.serverIds.add(first);
  await expect(copy.start()).rejects.toMatchObject({ code: 'installation_in_use' });
});

it('servers of other installations are no matter', async () => {
  await createDatabase(randomUUID()).start();
  await expect(createDatabase(randomUUID()).start()).resolves.toBeDefined();
});

it('of a server that does not answer, the own database decides', async () => {
  const id = randomUUID();
  const database = createDatabase(id);
  database.serverIds.add(await announceSilent(id));
  await expect(database.start()).resolves.toBeDefined();
  await announceSilent(id);
  await expect(database.start()).rejects.toMatchObject({ code: 'installation_in_use' });
});

it('a failure of the own database ends the announcement', async () => {
  const id = randomUUID();
  const database = createDatabase(id);
  const silent = await announceSilent(id);
  database.serverIds.has = () => {
    throw new Error('The database is away');
  };
  await expect(database.start()).rejects.toThrow('The database is away');
  expect(await listIds(id)).toEqual([silent]);
});
