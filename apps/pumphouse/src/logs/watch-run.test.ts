import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Session } from '../session/session.ts';
import { watchRun, type RunUpdate } from './watch-run.ts';

const jobRunId = '11111111-1111-4111-8111-111111111111';

interface FakeServer {
  lines: string[];
  status: string;
  /** Fails the next read of lines, as a connection does that breaks off. */
  breaksOff: boolean;
}

/** A session whose server has one run, and sends an event for each of `steps`, after that step has happened. */
function fakeSession(server: FakeServer, steps: readonly (() => void)[]): Session {
  const answers: Record<string, (query: { from_line: number }) => unknown> = {
    get_run_overview: () => ({ id: jobRunId, status: server.status }),
    read_log_lines({ from_line: from }) {
      if (server.breaksOff) {
        server.breaksOff = false;
        throw new TypeError('terminated');
      }
      const first = from < 0 ? Math.max(0, server.lines.length + from) : from;
      return {
        lines: server.lines.slice(first).map((content, index) => ({ content, line_num: first + index })),
        line_count: server.lines.length,
        is_complete: server.status === 'completed',
      };
    },
  };
  const waiting = [...steps];
  const client = {
    call: async (id: string, input: { query: { from_line: number } }) => answers[id]?.(input.query),
    async *followEvents() {
      yield { event: 'ready', data: {} };
      for (let step = waiting.shift(); step; step = waiting.shift()) {
        // Lets the watch read what it was told before.
        await setImmediate();
        step();
        yield {
          event: 'log',
          data: { job_run_id: jobRunId, line_count: 0, is_complete: server.status === 'completed' },
        };
      }
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what a watch uses
  return { client, workspaceId: async () => 'workspace' } as unknown as Session;
}

async function watch(session: Session, fromLine = 0): Promise<RunUpdate[]> {
  const signal = new AbortController().signal;
  return Array.fromAsync(watchRun(session, { jobRunId, fromLine, signal }));
}

const textsOf = (updates: RunUpdate[]) =>
  updates.flatMap((update) => (update.kind === 'lines' ? update.lines.map(({ content }) => content) : []));

it('reports each line once, and ends after the last line of an ended run', async () => {
  const server = { lines: ['one'], status: 'running', breaksOff: false };
  const updates = await watch(
    fakeSession(server, [
      () => server.lines.push('two', 'three'),
      () => {
        server.lines.push('four');
        server.status = 'completed';
      },
    ]),
  );
  expect(textsOf(updates)).toEqual(['one', 'two', 'three', 'four']);
  expect(updates.findLast(({ kind }) => kind === 'run')).toMatchObject({ run: { status: 'completed' } });
});

it('goes on at the next line after a read that broke off', async () => {
  const server = { lines: ['one', 'two'], status: 'running', breaksOff: false };
  const updates = await watch(
    fakeSession(server, [
      () => {
        server.breaksOff = true;
        server.lines.push('three');
        server.status = 'completed';
      },
    ]),
  );
  expect(textsOf(updates)).toEqual(['one', 'two', 'three']);
});

it('begins at the last lines of a log', async () => {
  const server = { lines: ['one', 'two', 'three'], status: 'completed', breaksOff: false };
  expect(textsOf(await watch(fakeSession(server, []), -2))).toEqual(['two', 'three']);
});

it('reports an error of the server', async () => {
  const session = fakeSession({ lines: [], status: 'running', breaksOff: false }, []);
  Object.assign(session.client, { call: () => Promise.reject(new Error('gone')) });
  await expect(watch(session)).rejects.toThrow('gone');
});
