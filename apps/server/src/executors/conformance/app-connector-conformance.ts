/** Conformance tests for apps: attempts with an isolated network, to which only their server connects. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable, type Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { Executor } from '../executor.ts';
import type { ConformanceSite } from './conformance-site.ts';

/** The port on which the suite's app listens, and a port without a listener. */
export const appPort = 8123;
const closedPort = 8124;
const pieceBytes = 64 * 1024;
const largeBytes = 50 * 1024 * 1024;

/** Declares the tests of one executor. They are skipped if the executor runs no apps. */
export function describeAppConnector(site: ConformanceSite): void {
  describe('apps', () => {
    const startApp = async () => site.attempts.start(await site.harness.createAppSpec());

    /** Connects from one server to a port of an app. */
    const connect = async (executor: Executor, handle: AttemptHandle, port = appPort): Promise<Duplex> => {
      if (executor.appConnector === null) throw new Error('The executor runs no apps.');
      return executor.appConnector.connect(handle, port);
    };

    const test = (name: string, run: () => Promise<void>): void =>
      it(name, async ({ skip }) => {
        skip(!site.executor.capabilities().interactive);
        await run();
      });

    test('accept several connections at once, from one server and from two', async () => {
      const { handle } = await startApp();
      const servers = [site.executor, site.harness.createExecutor()];
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const connection = await connect(servers[n % 2] ?? site.executor, handle);
          return echo(connection, Buffer.from(`hello ${n}`));
        }),
      );
      expect(answers.map(String)).toEqual(answers.map((__, n) => `hello ${n}`));
    });

    test('respond before and after the other side has ended its half', async () => {
      const connection = await connect(site.executor, (await startApp()).handle);
      connection.write('first');
      expect(String(await nextPiece(connection))).toBe('first');
      connection.end('second');
      expect(String(await buffer(connection))).toBe('second');
    });

    test('receive and send 50 MB intact to a slow reader', async () => {
      const { handle } = await startApp();
      const sent = randomBytes(largeBytes);
      const slow = await connect(site.executor, handle);
      const fast = await connect(site.executor, handle);
      // This connection is not read yet: its app blocks, and other connections continue.
      inPieces(sent).pipe(slow);
      expect((await echo(fast, sent)).equals(sent)).toBe(true);
      expect(slow.readableLength).toBeLessThan(4 * 1024 * 1024);
      expect((await buffer(slow)).equals(sent)).toBe(true);
    });

    test('reject connections without a listener, and to ports that apps cannot use', async () => {
      const { handle } = await startApp();
      for (const port of [closedPort, 0, 40_000, 70_000]) {
        await expect(connect(site.executor, handle, port)).rejects.toMatchObject({
          name: 'ExecutorError',
          kind: 'backend',
        });
      }
    });

    test('cannot be reached in another place, after their end, or without an isolated network', async () => {
      const { harness, executor } = site;
      const { handle } = await startApp();
      const refusal = { name: 'ExecutorError', kind: 'backend' };
      await expect(connect(executor, harness.moveElsewhere(handle))).rejects.toMatchObject(refusal);
      await executor.stop(handle, { graceSeconds: 0 });
      await expect(connect(executor, handle)).rejects.toMatchObject(refusal);
      await executor.remove(handle);
      await expect(connect(executor, handle)).rejects.toMatchObject(refusal);
      const shared = await site.attempts.start(await harness.createSpec('ends-on-term'));
      await expect(connect(executor, shared.handle)).rejects.toMatchObject(refusal);
    });

    for (const network of ['outgoing', 'isolated'] as const) {
      test(`cannot be reached by another attempt, whose network is ${network}`, async () => {
        const { spec, handle } = await startApp();
        expect(await site.harness.reachFromAnotherAttempt(spec, network)).toEqual([]);
        // The app was listening the whole time.
        const connection = await connect(site.executor, handle);
        expect(String(await echo(connection, Buffer.from('here')))).toBe('here');
      });
    }

    test('close their connections when they end', async () => {
      const { handle } = await startApp();
      const connection = await connect(site.executor, handle);
      connection.write('hello');
      await nextPiece(connection);
      const closed = new Promise((resolve) => connection.once('close', resolve));
      connection.resume();
      await site.executor.stop(handle, { graceSeconds: 0 });
      // A half-closed connection stays open until this side ends too.
      connection.end();
      await closed;
    });

    test('can be reached by a server that starts later, with the stored handle', async () => {
      const { handle } = await startApp();
      const before = await connect(site.executor, handle);
      const stored = JSON.parse(JSON.stringify(handle)) as AttemptHandle;
      const connection = await connect(site.harness.createExecutor(), stored);
      expect(String(await echo(connection, Buffer.from('again')))).toBe('again');
      expect(String(await echo(before, Buffer.from('still there')))).toBe('still there');
    });
  });
}

async function echo(connection: Duplex, sent: Buffer): Promise<Buffer> {
  inPieces(sent).pipe(connection);
  return buffer(connection);
}

function inPieces(content: Buffer): Readable {
  const starts = Array.from({ length: Math.ceil(content.length / pieceBytes) }, (_, n) => n * pieceBytes);
  return Readable.from(starts.map((start) => content.subarray(start, start + pieceBytes)));
}

async function nextPiece(connection: Duplex): Promise<Buffer> {
  for (;;) {
    const piece = connection.read() as Buffer | null;
    if (piece !== null) return piece;
    await once(connection, 'readable');
  }
}
