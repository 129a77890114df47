import type { ApiFixture } from '../testing/api-fixture.ts';
import type { LogLine } from '@pumphouse/contract';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logLine } from '@pumphouse/contract';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createReadLogs } from '../../services/logs/read-logs.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { seedRun } from '../testing/seed-run.ts';

let api: ApiFixture;
let url: string;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture({ streamIdleMs: 30 });
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
});

const logUrl = (name: 'logs' | 'log-stream') =>
  `${url}/logs/v1/workspaces/${seeded.workspaceId}/job-runs/${seeded.run.id}/${name}`;
const headers = () => ({ authorization: `Bearer ${seeded.token}` });

async function write(attemptId: string, ...texts: string[]): Promise<void> {
  const at = {
    source: 'user',
    stage: 'run',
    io_stream: 'stdout',
    reported_at: new Date().toISOString(),
  } as const;
  const lines = texts.map((content) => ({ content, ...at }));
  await api.attemptLog.write(seeded.run.id, attemptId, lines);
}

async function finish(): Promise<void> {
  await api.finishRun(seeded.run.id, { status: 'completed' });
  api.attemptLog.announce(seeded.run.id);
}

interface Stream {
  response: Response;
  /** Reads the next event that is not a comment, as the dlt client does; undefined at the end. */
  next(): Promise<{ event: string; data: string } | undefined>;
  nextLine(): Promise<LogLine>;
  /** Comments received so far. */
  comments: string[];
  close(): void;
}

async function openStream(): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(logUrl('log-stream'), { headers: headers(), signal: controller.signal });
  if (!response.body) throw new Error('The stream has no body');
  const chunks = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  const comments: string[] = [];
  let buffered = '';

  async function nextBlock(): Promise<string | undefined> {
    for (;;) {
      const end = buffered.indexOf('\n\n');
      if (end !== -1) {
        const block = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        return block;
      }
      const { done, value } = await chunks.next();
      if (done) return undefined;
      buffered += value;
    }
  }

  async function next() {
    for (;;) {
      const block = await nextBlock();
      if (block === undefined) return undefined;
      if (block.startsWith(':')) {
        comments.push(block);
        continue;
      }
      const [event = '', data = '', ...more] = block.split('\n');
      expect(more).toEqual([]);
      return { event: event.replace('event: ', ''), data: data.replace('data: ', '') };
    }
  }

  async function nextLine(): Promise<LogLine> {
    const found = await next();
    expect(found?.event).toBe('log');
    return logLine.parse(JSON.parse(found?.data ?? ''));
  }
  return { response, next, nextLine, comments, close: () => controller.abort() };
}

describe('the log stream', () => {
  it('opens at once while the run is pending, follows each line, and ends when the run is over', async () => {
    const stream = await openStream();
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    const attempt = await api.createAttempt(seeded.run);
    await write(attempt.id, 'one', 'two');
    expect(await stream.nextLine()).toMatchObject({ line_num: 0, content: 'one', source: 'user' });
    expect(await stream.nextLine()).toMatchObject({ line_num: 1, content: 'two' });
    await write(attempt.id, 'three');
    expect(await stream.nextLine()).toMatchObject({ line_num: 2, content: 'three' });
    await finish();
    expect(await stream.next()).toBeUndefined();
  });

  it('shows Pumphouse messages as lines that the dlt client prints, the same as in the stored log', async () => {
    const attempt = await api.createAttempt(seeded.run);
    await write(attempt.id, 'one');
    await api.attemptLog.write(seeded.run.id, attempt.id, [runnerLine('Failed.', new Date())]);
    await finish();
    const shown = { line_num: 1, content: 'Pumphouse: Failed.', source: 'setup', stage: 'run' };
    const stream = await openStream();
    expect(await stream.nextLine()).toMatchObject({ line_num: 0, content: 'one', source: 'user' });
    expect(await stream.nextLine()).toMatchObject(shown);
    const stored = await (await fetch(logUrl('logs'), { headers: headers() })).text();
    expect(JSON.parse(stored.trimEnd().split('\n').at(-1) ?? '')).toMatchObject(shown);
  });

  it('says who cancelled a run before it started, in the stream and in the stored log', async () => {
    const stream = await openStream();
    await api.services.cancelRuns.cancel(seeded.workspaceId, seeded.run.id);
    const expected = {
      line_num: 0,
      content: 'Pumphouse: Cancelled. By the server, before it started.',
      source: 'setup',
    };
    expect(await stream.nextLine()).toMatchObject(expected);
    expect(await stream.next()).toBeUndefined();
    const stored = await (await fetch(logUrl('logs'), { headers: headers() })).text();
    expect(JSON.parse(stored)).toMatchObject(expected);
  });

  it('replays from the first line for each new stream', async () => {
    const attempt = await api.createAttempt(seeded.run);
    await write(attempt.id, ...Array.from({ length: 50 }, (_, index) => `line ${index}`));
    await write(attempt.id, 'breaks \u2028 \u2029 \u0085 and\nnewlines');
    await finish();
    for (let count = 0; count < 2; count += 1) {
      const stream = await openStream();
      for (let line = 0; line < 50; line += 1) expect((await stream.nextLine()).line_num).toBe(line);
      const last = await stream.next();
      expect(last?.data).not.toMatch(/[\u0085\u2028\u2029]/);
      expect(JSON.parse(last?.data ?? '')).toMatchObject({
        content: 'breaks \u2028 \u2029 \u0085 and\nnewlines',
      });
      expect(await stream.next()).toBeUndefined();
    }
  });

  it('numbers the lines across attempts', async () => {
    const first = await api.createAttempt(seeded.run);
    await write(first.id, 'a', 'b');
    const stream = await openStream();
    expect([(await stream.nextLine()).content, (await stream.nextLine()).content]).toEqual(['a', 'b']);
    const second = await api.createAttempt(seeded.run);
    await write(second.id, 'c');
    expect(await stream.nextLine()).toMatchObject({ line_num: 2, content: 'c' });
    await write(second.id, 'd', 'e');
    await finish();
    expect(await stream.nextLine()).toMatchObject({ line_num: 3, content: 'd' });
    expect(await stream.nextLine()).toMatchObject({ line_num: 4, content: 'e' });
    expect(await stream.next()).toBeUndefined();

    const stored = await fetch(logUrl('logs'), { headers: headers() });
    const lines = (await stored.text())
      .trimEnd()
      .split('\n')
      .map((line) => logLine.parse(JSON.parse(line)));
    expect(lines.map((line) => [line.line_num, line.content])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
      [3, 'd'],
      [4, 'e'],
    ]);
  });

  it('finds lines stored by another server without being notified', async () => {
    const attempt = await api.createAttempt(seeded.run);
    await write(attempt.id, 'one');
    const stream = await openStream();
    await stream.nextLine();
    await api.finishRun(seeded.run.id, { status: 'completed' });
    expect(await stream.next()).toBeUndefined();
  });

  it('sends keep-alive comments while nothing happens', async () => {
    await api.createAttempt(seeded.run);
    const stream = await openStream();
    const end = stream.next();
    await expect.poll(() => stream.comments.length).toBeGreaterThan(2);
    await finish();
    expect(await end).toBeUndefined();
  });

  it('shows no uncommitted line', async () => {
    const attempt = await api.createAttempt(seeded.run);
    await write(attempt.id, 'kept');
    const row = await api.persistence.store.attempts.get(attempt.id);
    if (!row) throw new Error('The attempt is gone');
    // An append whose transaction never committed: it is on disk but not in the row.
    await api.attemptLog
      .prepare(attempt.id, row, [runnerLine('taken back', new Date())])
      .write(api.persistence.store);
    await finish();
    const stream = await openStream();
    expect((await stream.nextLine()).content).toBe('kept');
    expect(await stream.next()).toBeUndefined();
  });

  it('releases everything when the caller disconnects', async () => {
    const stream = await openStream();
    const before = await openConnections();
    stream.close();
    await expect.poll(openConnections).toBeLessThan(before);

    const controller = new AbortController();
    const events = await createReadLogs(api).follow(seeded.workspaceId, seeded.run.id, {
      signal: controller.signal,
      idleAfterMs: 20,
    });
    const kinds: string[] = [];
    for await (const event of events) {
      kinds.push(event.kind);
      controller.abort();
    }
    expect(kinds).toEqual(['idle']);
  });

  it('waits for a slow reader, and loses nothing', async () => {
    const attempt = await api.createAttempt(seeded.run);
    const wide = 'x'.repeat(50_000);
    for (let batch = 0; batch < 8; batch += 1)
      await write(attempt.id, ...Array.from({ length: 25 }, () => wide));
    await finish();
    const stream = await openStream();
    for (let line = 0; line < 200; line += 1) {
      expect((await stream.nextLine()).line_num).toBe(line);
      if (line % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await stream.next()).toBeUndefined();
  });

  it('answers 404 for a run that does not exist', async () => {
    seeded.run.id = seeded.workspaceId;
    const response = await fetch(logUrl('log-stream'), { headers: headers() });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
  });

  it('reports that the server is stopping', async () => {
    const other = await createApiFixture();
    const address = await other.app.listen({ host: '127.0.0.1', port: 0 });
    const { run, token, workspaceId } = await seedRun(other);
    const response = await fetch(
      `${address}/logs/v1/workspaces/${workspaceId}/job-runs/${run.id}/log-stream`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    const text = response.text();
    await other.close();
    expect(await text).toMatch(/event: error\ndata: \{"error":"The server is stopping/);
  });
});

describe('the stored log', () => {
  it('is NDJSON', async () => {
    const attempt = await api.createAttempt(seeded.run);
    await write(attempt.id, 'one', 'two');
    const response = await fetch(logUrl('logs'), { headers: headers() });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await response.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => logLine.parse(JSON.parse(line)).content)).toEqual(['one', 'two']);
  });

  it('is empty for an attempt without output, and a JSON 404 without an attempt', async () => {
    const missing = await fetch(logUrl('logs'), { headers: headers() });
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: 'not_found' });
    await api.createAttempt(seeded.run);
    const empty = await fetch(logUrl('logs'), { headers: headers() });
    expect([empty.status, await empty.text()]).toEqual([200, '']);
  });
});

function openConnections(): Promise<number> {
  return new Promise((resolve, reject) => {
    api.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
