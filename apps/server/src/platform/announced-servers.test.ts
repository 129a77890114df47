import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { announceServer, askWhetherRegistered, listAnnouncedServers } from './announced-servers.ts';

const createServer = () => ({ serverId: randomUUID(), pid: process.pid });

it('lists the announced servers of an installation until they close, and no other', async () => {
  const [installationId, other] = [randomUUID(), randomUUID()];
  const self = createServer();
  const announcement = await announceServer(installationId, self, async () => true);
  expect(await listAnnouncedServers(installationId)).toEqual([self]);
  expect(await listAnnouncedServers(other)).toEqual([]);
  await announcement.close();
  expect(await listAnnouncedServers(installationId)).toEqual([]);
});

it('answers whether its database has a server, and nothing to other callers', async () => {
  const installationId = randomUUID();
  const self = createServer();
  const registered = randomUUID();
  const announcement = await announceServer(installationId, self, async (id) => id === registered);
  expect(await askWhetherRegistered(installationId, self, registered)).toBe(true);
  expect(await askWhetherRegistered(installationId, self, randomUUID())).toBe(false);
  const stranger = connect(`\0pumphouse/${installationId}/${self.serverId}/${self.pid}`);
  await once(stranger, 'connect');
  await announcement.close();
  expect(await askWhetherRegistered(installationId, self, registered)).toBeNull();
  stranger.destroy();
});

it('gives no answer if its database gives none', async () => {
  const installationId = randomUUID();
  const self = createServer();
  const announcement = await announceServer(installationId, self, async () =>
    Promise.reject(new Error('down')),
  );
  expect(await askWhetherRegistered(installationId, self, randomUUID())).toBeNull();
  await announcement.close();
});
