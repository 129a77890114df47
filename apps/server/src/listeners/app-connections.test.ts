import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buffer } from 'node:stream/consumers';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  now,
  openAppConnections,
  proofs,
  serverId,
  target,
  type AppConnectionsFixture,
} from './testing/app-connections-fixture.ts';
import { connectThroughServer } from '../executors/remote/connect-through-server.ts';

let site: AppConnectionsFixture;
beforeEach(async () => {
  site = await openAppConnections();
});
afterEach(() => site.close());

const open = () => connectThroughServer({ serverId, now, address: site.address }, target, proofs);

describe('a connection of another server into an app', () => {
  it('carries bytes in both directions, and each half ends on its own', async () => {
    const connection = await open();
    expect(site.connected.map((one) => one.target)).toEqual([target]);
    const app = site.connected[0]?.app as Duplex;
    const much = randomBytes(3 * 1024 * 1024);
    const received = buffer(app);
    connection.end(much);
    expect((await received).equals(much)).toBe(true);
    const answered = buffer(connection);
    app.end(much);
    expect((await answered).equals(much)).toBe(true);
  });

  it('is cut on both sides when one of them breaks', async () => {
    const first = await open();
    const second = await open();
    const [one, other] = site.connected;
    first.destroy();
    await once(one?.app.resume() ?? first, 'end');
    // TCP reports that the other side is gone only to those who write.
    while (one?.near.destroyed === false) {
      one.app.write('more');
      await setImmediate();
    }
    const broken = once(second, 'error');
    other?.near.destroy();
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  it('ends when the server that has the worker stops', async () => {
    const connection = await open();
    const broken = once(connection, 'error');
    site.endConnections();
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  it('fails with the reason if the app cannot be reached', async () => {
    site.fail(new Error('The worker of this app is not connected to this server.'));
    await expect(open()).rejects.toThrow(/refused: 502 .*not connected to this server/);
  });

  it('fails if the server is away', async () => {
    site.close();
    await expect(
      connectThroughServer({ serverId, now, address: site.address }, target, proofs),
    ).rejects.toThrow(/cannot be reached: connect ECONNREFUSED/);
  });
});
