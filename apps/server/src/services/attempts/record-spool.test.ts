import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { readBlob } from '../../blobs/read-blob.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { runFailures } from '../../domain/runs/run-failures.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { listBodies, setAttempt } from '../../store/postgres/testing/attempts.ts';
import { countOpenTransactions, readTable } from '../../store/postgres/testing/tables.ts';
import type { EndIntent } from '../../store/records.ts';
import { sealLog } from '../testing/seal-log.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let run: JobRunRecord;
let attemptId: string;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a')]);
  const attempt = await context.createAttempt(await context.startRun('jobs.a'));
  ({ run } = attempt);
  attemptId = attempt.id;
});

const at = '2026-11-24T10:00:00.123456Z';
const log = (text: unknown) => ({ kind: 'log', at, io: 'stdout', text });
const exit = (keys: object = {}) => ({ kind: 'exit', at, code: 0, signal: null, reason: null, ...keys });
const beacon = (type: string, body: unknown) => ({ kind: 'beacon', at, type, body: JSON.stringify(body) });

function encode(...records: unknown[]): Buffer {
  return Buffer.from(records.map((record, n) => `${JSON.stringify(withNumber(record, n))}\n`).join(''));
}

function withNumber(record: unknown, n: number): unknown {
  return typeof record === 'object' && record !== null && !Array.isArray(record) ? { n, ...record } : record;
}

const send = (offset: number, chunk: Uint8Array) => fixture.recordSpool.record(attemptId, offset, chunk);
const contents = async () => (await context.readLog(run.id)).map(({ content }) => content);

async function readAttempt() {
  const attempt = await fixture.store.attempts.get(attemptId);
  if (!attempt) throw new Error('The attempt is gone');
  return attempt;
}

describe('waits for databases', () => {
  const second = (seconds: number) => `2026-11-24T10:00:0${seconds}.000Z`;
  const waiting = (begun: unknown, seconds: number) => ({ kind: 'waiting', at: second(seconds), begun });

  it('are stored across chunks', async () => {
    const first = encode(waiting(true, 1), waiting(false, 2), waiting(true, 3));
    await send(0, first);
    expect((await readAttempt()).waits).toEqual([
      { from: second(1), to: second(2) },
      { from: second(3), to: null },
    ]);
    await send(first.length, encode(log('on'), waiting(false, 4)));
    expect((await readAttempt()).waits.at(-1)).toEqual({ from: second(3), to: second(4) });
    expect(await contents()).toEqual(['on']);
  });

  it('are ignored beyond a limit, and if they contradict each other', async () => {
    await send(
      0,
      encode(waiting(false, 1), waiting('x', 1), waiting(true, 1), waiting(true, 2), waiting(false, 3)),
    );
    expect((await readAttempt()).waits).toEqual([{ from: second(1), to: second(3) }]);
    const many = Array.from({ length: 100 }, (_, index) => waiting(index % 2 === 0, 4));
    const attempt = await readAttempt();
    await send(attempt.spoolOffset, encode(...many));
    expect((await readAttempt()).waits).toHaveLength(20);
  });
});

describe('a spool chunk', () => {
  const lines = encode(log('one'), log('two'), log('three'));
  const ends = [...lines.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1);
  const firstEnd = ends[0] ?? 0;

  it('is stored once, however often it is sent', async () => {
    expect(await send(0, lines)).toEqual({ offset: lines.length });
    const stored = await readAttempt();
    for (let count = 0; count < 3; count += 1) expect(await send(0, lines)).toEqual({ offset: lines.length });
    expect(await readAttempt()).toEqual(stored);
    expect(await contents()).toEqual(['one', 'two', 'three']);
  });

  it('that overlaps adds what is new, wherever it starts', async () => {
    await send(0, lines.subarray(0, firstEnd));
    expect(await send(0, lines.subarray(0, ends[1]))).toEqual({ offset: ends[1] });
    expect(await send(firstEnd + 3, lines.subarray(firstEnd + 3))).toEqual({ offset: lines.length });
    expect(await send(5, lines.subarray(5, firstEnd))).toEqual({ offset: lines.length });
    expect(await contents()).toEqual(['one', 'two', 'three']);
  });

  it('sent many times concurrently is stored once', async () => {
    const answers = await Promise.all(
      [0, firstEnd, 0, 0].map((from) => send(from, lines.subarray(from)).catch((error: unknown) => error)),
    );
    expect(answers[0]).toEqual({ offset: lines.length });
    expect(await contents()).toEqual(['one', 'two', 'three']);
  });

  it('after a gap is rejected with the offset to continue from', async () => {
    await send(0, lines.subarray(0, firstEnd));
    const refusal = { code: 'spool_gap', extra: { offset: firstEnd } };
    await expect(send(firstEnd + 1, lines.subarray(firstEnd + 1))).rejects.toMatchObject(refusal);
    expect(await contents()).toEqual(['one']);
  });

  it('may end inside a record, which is stored when its rest arrives', async () => {
    const cut = firstEnd + 7;
    expect(await send(0, lines.subarray(0, cut))).toEqual({ offset: firstEnd });
    expect(await send(firstEnd, lines.subarray(firstEnd, cut))).toEqual({ offset: firstEnd });
    expect(await contents()).toEqual(['one']);
    expect(await send(firstEnd, lines.subarray(firstEnd))).toEqual({ offset: lines.length });
    expect(await contents()).toEqual(['one', 'two', 'three']);
  });

  it('of an unknown attempt is rejected', async () => {
    const unknown = '00000000-0000-0000-0000-000000000000';
    await expect(fixture.recordSpool.record(unknown, 0, lines)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the log', () => {
  it('contains the text, stream and time of each line', async () => {
    await send(0, encode(log('out'), { ...log('err'), io: 'stderr' }, { kind: 'note', at, text: 'noted' }));
    const common = { stage: 'run', reported_at: at };
    expect(await context.readLog(run.id)).toEqual([
      { line_num: 0, content: 'out', source: 'user', io_stream: 'stdout', ...common },
      { line_num: 1, content: 'err', source: 'user', io_stream: 'stderr', ...common },
      { line_num: 2, content: 'noted', source: 'runner', io_stream: 'other', ...common },
    ]);
  });

  it('is numbered without gaps while the server adds lines of its own', async () => {
    const chunk = encode(...Array.from({ length: 12 }, (_, index) => log(`user ${index}`)));
    const ends = [...chunk.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1);
    async function sendAll(): Promise<void> {
      let offset = 0;
      for (const end of ends) ({ offset } = await send(offset, chunk.subarray(offset, end)));
    }
    const message = Array.from({ length: 12 }, (_, index) => runnerLine(`server ${index}`, new Date()));
    const writeAll = message.map((line) => fixture.attemptLog.write(run.id, attemptId, [line]));
    await Promise.all([sendAll(), ...writeAll]);
    const stored = await context.readLog(run.id);
    expect(stored.map(({ line_num }) => line_num)).toEqual(stored.map((_, index) => index));
    expect(stored).toHaveLength(24);
    expect(stored.filter(({ source }) => source === 'user').map(({ content }) => content)).toEqual(
      Array.from({ length: 12 }, (_, index) => `user ${index}`),
    );
  });

  it('contains no character at which the client would split a line', async () => {
    const text = 'a\u2028b\u2029c\u0085d\ne';
    await send(0, encode(log(text)));
    const { logBytes } = await readAttempt();
    const raw = Buffer.concat(
      await Array.fromAsync(fixture.logFiles.read(attemptId, { fromLine: 0, toBytes: logBytes })),
    ).toString();
    expect(raw).not.toMatch(/[\u2028\u2029\u0085]/);
    expect(raw.split('\n')).toHaveLength(2);
    expect(await contents()).toEqual([text]);
  });

  it('longer than its row after a crash is truncated', async () => {
    await send(0, encode(log('one')));
    const { logBytes, logLines } = await readAttempt();
    const lost = [runnerLine('never committed '.repeat(100), new Date())];
    await expect(
      fixture.persistence.transaction(async (store) => {
        const attempt = await store.attempts.lock(attemptId);
        if (!attempt) throw new Error('The attempt is gone');
        const prepared = fixture.attemptLog.prepare(attemptId, attempt, lost);
        await store.attempts.saveLogProgress(attemptId, prepared.progress);
        await prepared.write(store);
        throw new Error('crash');
      }),
    ).rejects.toThrow('crash');
    expect(await readAttempt()).toMatchObject({ logBytes, logLines });
    expect(await contents()).toEqual(['one']);
    await send((await readAttempt()).spoolOffset, encode(log('two')));
    expect((await context.readLog(run.id)).map((line) => [line.line_num, line.content])).toEqual([
      [0, 'one'],
      [1, 'two'],
    ]);
  });

  it('drops lines past its limit, and the run continues', async () => {
    await setAttempt(fixture.database, attemptId, { logBytes: 600 * 1024 ** 2 });
    const chunk = encode(log('too much'), exit());
    expect(await send(0, chunk)).toEqual({ offset: chunk.length });
    expect((await context.getRun(run.id)).status).toBe('completed');
    expect(await readAttempt()).toMatchObject({ logLines: 0 });
  });

  it('drops late lines once sealed, without making the attempt resend them', async () => {
    await send(0, encode(log('one')));
    await fixture.finishRun(run.id, { status: 'failed', failure: { code: 'attempt_lost', detail: 'gone' } });
    const { spoolOffset } = await readAttempt();
    await sealLog(fixture, attemptId);
    const late = encode(log('late'), exit());
    expect(await send(spoolOffset, late)).toEqual({ offset: spoolOffset + late.length });
    expect(await contents()).toEqual(['one', expect.stringMatching(/^Failed \(attempt_lost\)/)]);
    expect((await context.getRun(run.id)).status).toBe('failed');
  });
});

describe('a hostile record', () => {
  it.each<[string, string, string]>([
    ['no JSON', '{"kind":"log"', 'not JSON'],
    ['a text', '"log"', 'not an object'],
    ['null', 'null', 'not an object'],
    ['a list', '[1]', 'not an object'],
    ['without a time', '{"kind":"log","text":"x"}', 'no time'],
    ['with no such time', '{"kind":"log","at":"2026-13-45T99:00:00Z","text":"x"}', 'no time'],
    ['with a time that the client cannot read', '{"kind":"log","at":"Jan 1 2020","text":"x"}', 'no time'],
    [
      'with a time that the store cannot keep',
      '{"kind":"started","at":"-271821-04-20T00:00:00Z"}',
      'no time',
    ],
    ['of an unknown kind', `{"kind":"sudo","at":"${at}"}`, 'unknown kind'],
    ['with a kind from the prototype', `{"kind":"constructor","at":"${at}"}`, 'unknown kind'],
    ['nested deep', '['.repeat(50_000), 'not JSON'],
  ])('%s becomes a line, and the next one is parsed', async (_what, text, detail) => {
    const chunk = Buffer.concat([Buffer.from(`${text}\n`), encode(log('fine'), exit())]);
    expect(await send(0, chunk)).toEqual({ offset: chunk.length });
    const lines = await context.readLog(run.id);
    expect(lines.map(({ source, content }) => [source, content])).toEqual([
      ['runner', `A record of this run could not be read: ${detail}.`],
      ['user', 'fine'],
    ]);
    expect((await context.getRun(run.id)).status).toBe('completed');
  });

  it('with values of wrong types is parsed as far as possible', async () => {
    await send(
      0,
      encode(log(7), { ...log({ a: 1 }), io: ['x'] }, { kind: 'beacon', at, type: 5, body: null }),
    );
    expect(await contents()).toEqual(['', '']);
    expect(await readAttempt()).toMatchObject({ beaconCount: 1, beaconBytes: 0 });
    expect((await context.getRun(run.id)).status).toBe('running');
  });

  it('with an exit of wrong types or huge numbers ends the run as failed', async () => {
    const record =
      `{"n":0,"kind":"exit","at":"${at}","code":1e999,"signal":9,"out_of_memory":"yes","process_limit_reached":"no",
      "peak_memory_bytes":1e300,"reason":"x","killed_descendants":-1e99}`.replaceAll('\n', '');
    await send(0, Buffer.from(`${record}\n`));
    expect(await readAttempt()).toMatchObject({
      exit: {
        code: null,
        signal: null,
        outOfMemory: null,
        processLimitReached: false,
        peakMemoryBytes: null,
        reason: null,
        killedDescendants: 0,
      },
    });
    expect(await context.getRun(run.id)).toMatchObject({ status: 'failed', failure: { code: 'exit_code' } });
  });

  it('with text that cannot be stored is parsed with replacements', async () => {
    const detail = `nul \0, half \ud800, cut ${'x'.repeat(4076)}\u{1f600}`;
    await send(
      0,
      encode(
        log('half \ud800'),
        beacon('tr\0ace', {}),
        exit({ code: null, reason: { code: 'a\0', detail } }),
      ),
    );
    expect((await contents())[0]).toBe('half \ufffd');
    const { failure } = await readAttempt();
    // An unknown code.
    expect(failure?.code).toBe('bootstrap_failed');
    expect(failure?.detail).toBe(`nul \ufffd, half \ufffd, cut ${'x'.repeat(4076)}\ufffd`);
    expect((await listBodies(fixture.database, attemptId)).map(({ kind }) => kind)).toEqual(['tr\ufffdace']);
  });

  it('of invalid UTF-8 is parsed with replacements', async () => {
    const [head, tail] = encode(log('X')).toString().split('X');
    await send(
      0,
      Buffer.concat([Buffer.from(head ?? ''), Buffer.from([0xff, 0xc3]), Buffer.from(tail ?? '')]),
    );
    expect(await contents()).toEqual(['\ufffd\ufffd']);
  });
});

describe('a beacon', () => {
  const trace = readCapturedBody('ok/002-trace');

  /** Blobs of this attempt that are removed later unless a row names them. */
  const countReservations = async () =>
    (await readTable(fixture.database, 'storage_removals')).filter((row) => row.includes(attemptId)).length;
  const pipelineRuns = () => fixture.store.telemetry.listOfJobRuns([run.id]);

  it('is stored unchanged and parsed', async () => {
    const encoded = Buffer.from(JSON.stringify(trace)).toString('base64');
    await send(
      0,
      encode(beacon('trace', trace), { kind: 'beacon', at, type: 'trace', body_base64: encoded }),
    );
    expect(await listBodies(fixture.database, attemptId)).toEqual(
      [0, 1].map((number) => ({ number, kind: 'trace', problem: null, ingested: true })),
    );
    const stored = await Array.fromAsync(fixture.blobs.list(`beacons/${attemptId}/`));
    expect(stored).toHaveLength(2);
    for (const { key } of stored) {
      const kept = await readBlob(fixture.blobs, key);
      expect(JSON.parse(kept.toString())).toEqual(trace);
    }
    expect(await pipelineRuns()).toHaveLength(1);
    expect(await countReservations()).toBe(0);
  });

  it('holds no transaction and no lock while a store hangs', async () => {
    const putting = Promise.withResolvers<void>();
    const hanging = Promise.withResolvers<void>();
    const put = fixture.blobs.put.bind(fixture.blobs);
    const spy = vi.spyOn(fixture.blobs, 'put').mockImplementation(async (key, content) => {
      putting.resolve();
      await hanging.promise;
      return put(key, content);
    });
    const sending = send(0, encode(log('one'), beacon('trace', trace)));
    await putting.promise;
    expect(await countOpenTransactions(fixture.database)).toBe(0);
    await fixture.persistence.transaction((tx) => tx.attempts.lock(attemptId));
    expect(await countReservations()).toBe(1);
    expect(await contents()).toEqual([]);
    spy.mockRestore();
    hanging.resolve();
    await sending;
    expect(await contents()).toEqual(['one']);
    expect(await listBodies(fixture.database, attemptId)).toHaveLength(1);
    expect(await countReservations()).toBe(0);
  });

  it('whose chunk another caller has stored meanwhile leaves a blob that is removed later', async () => {
    const chunk = encode(beacon('trace', trace));
    const spy = vi.spyOn(fixture.blobs, 'put');
    spy.mockImplementationOnce(async () => {
      await send(0, chunk);
      return { sizeBytes: 0, sha256: '' };
    });
    expect(await send(0, chunk)).toEqual({ offset: chunk.length });
    spy.mockRestore();
    expect(await listBodies(fixture.database, attemptId)).toHaveLength(1);
    expect(await pipelineRuns()).toHaveLength(1);
    expect(await countReservations()).toBe(1);
  });

  it('that is malformed is stored with its problem, and the run continues', async () => {
    await send(
      0,
      encode(beacon('trace', { steps: 1 }), beacon('nonsense', {}), beacon('trace', trace), log('on')),
    );
    const bodies = await listBodies(fixture.database, attemptId);
    expect(bodies.map(({ kind, problem }) => [kind, problem === null])).toEqual([
      ['trace', false],
      ['nonsense', false],
      ['trace', true],
    ]);
    expect(await pipelineRuns()).toHaveLength(1);
    expect(await contents()).toEqual(['on']);
    await send((await readAttempt()).spoolOffset, encode(exit()));
    expect((await context.getRun(run.id)).status).toBe('completed');
  });

  it('that is sent again changes nothing', async () => {
    const chunk = encode(beacon('trace', trace), beacon('job_result', readCapturedBody('ok/003-job_result')));
    await send(0, chunk);
    const read = async () => [
      await readAttempt(),
      await listBodies(fixture.database, attemptId),
      await pipelineRuns(),
      await fixture.store.telemetry.getResult(context.workspaceId, run.id),
      await fixture.store.telemetry.watermark(context.workspaceId),
    ];
    const before = await read();
    expect(await send(0, chunk)).toEqual({ offset: chunk.length });
    expect(await read()).toEqual(before);
  });

  it('past the limit is dropped', async () => {
    await setAttempt(fixture.database, attemptId, { beaconBytes: 200 * 1024 ** 2 - 10 });
    await send(0, encode(beacon('trace', trace), beacon('x', 1)));
    expect(await listBodies(fixture.database, attemptId)).toMatchObject([{ number: 0, kind: 'x' }]);
  });
});

describe('the exit record', () => {
  it.each<[EndIntent | null, object, string, string | null]>([
    [null, {}, 'completed', null],
    [null, { code: 3 }, 'failed', 'exit_code'],
    ['cancel', { code: null, signal: 'SIGTERM' }, 'cancelled', null],
    ['timeout', { code: null, signal: 'SIGTERM' }, 'failed', 'timed_out'],
    [null, { code: null, reason: { code: 'unpack_failed', detail: 'no space' } }, 'failed', 'unpack_failed'],
  ])('with intent %j and %j ends the run as %s', async (intent, keys, status, code) => {
    if (intent) await context.setRun(run.id, { endIntent: intent, status: 'cancelling' });
    await send(0, encode({ kind: 'started', at }, log('last words'), exit(keys)));
    const ended = await context.getRun(run.id);
    expect([ended.status, ended.failure?.code ?? null]).toEqual([status, code]);
    expect(await readAttempt()).toMatchObject({ startedAt: new Date(at), finishedAt: new Date(at) });
    expect(await context.listEvents(run.id)).toEqual(['job_run.created', 'job_run.finished']);
  });

  it('closes the log of a failed run once, with cause, next step and code', async () => {
    const chunk = encode(log('Traceback'), exit({ code: 3 }));
    await send(0, chunk);
    await send(0, chunk);
    await send(chunk.length, encode(exit({ code: 4 })));
    expect(await contents()).toEqual([
      'Traceback',
      `Failed (exit_code): The run ended with exit code 3. ${runFailures.exit_code.nextStep}`,
    ]);
  });

  it('adds nothing to the log of a completed run', async () => {
    await send(0, encode(log('last words'), exit()));
    expect(await contents()).toEqual(['last words']);
  });

  it('closes the log of a cancelled run once, with how it ended', async () => {
    await context.setRun(run.id, { endIntent: 'cancel', status: 'cancelling' });
    const chunk = encode(log('last words'), exit({ code: null, signal: 'SIGTERM' }));
    await send(0, chunk);
    await send(0, chunk);
    expect(await contents()).toEqual(['last words', 'Cancelled. It ended within its grace period of 30 s.']);
  });

  it('counts once: the first one is kept, and the run ends once', async () => {
    await send(0, encode(exit({ code: 3 }), exit({ code: 0 })));
    expect(await readAttempt()).toMatchObject({ exit: { code: 3 } });
    expect((await context.getRun(run.id)).status).toBe('failed');
    expect(await context.listEvents(run.id)).toEqual(['job_run.created', 'job_run.finished']);
  });

  it('ends the run when it is sent again after a crash in between', async () => {
    const chunk = encode(exit());
    fixture.setFault('between-exit-and-finish', () => {
      throw new Error('crash');
    });
    await expect(send(0, chunk)).rejects.toThrow('crash');
    expect((await context.getRun(run.id)).status).toBe('running');
    fixture.setFault('between-exit-and-finish', () => undefined);
    expect(await send(0, chunk)).toEqual({ offset: chunk.length });
    expect((await context.getRun(run.id)).status).toBe('completed');
  });
});
