import type { ApiFixture } from '../testing/api-fixture.ts';
import type { LogLinesResponse, LogSearchResponse } from '@pumphouse/contract';
import type { SeededRun } from '../testing/seed-run.ts';
import type { UnnumberedLogLine } from '../../domain/logs/log-line.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createOpenRunLog } from '../../services/logs/open-run-log.ts';
import { createSearchLog } from '../../services/logs/search-log.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { runnerLine, setupLine } from '../../domain/logs/log-line.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { sealLog } from '../../services/testing/seal-log.ts';

let api: ApiFixture;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
});

const at = new Date('2026-03-10T10:00:00Z');

function printed(content: string, stream: 'stdout' | 'stderr' = 'stdout'): UnnumberedLogLine {
  return { content, source: 'user', stage: 'run', io_stream: stream, reported_at: at.toISOString() };
}

async function write(attemptId: string, ...lines: (string | UnnumberedLogLine)[]): Promise<void> {
  const written = lines.map((line) => (typeof line === 'string' ? printed(line) : line));
  await api.attemptLog.write(seeded.run.id, attemptId, written);
}

/** Creates an attempt with `count` lines of the form `<name> <number>`. */
async function writeAttempt(name: string, count: number): Promise<string> {
  const { id } = await api.createAttempt(seeded.run);
  const lines = Array.from({ length: count }, (_, index) => `${name} ${index}`);
  for (let from = 0; from < count; from += 5000) await write(id, ...lines.slice(from, from + 5000));
  return id;
}

/** Simulates the outbox relay after an attempt has ended. */
async function seal(attemptId: string): Promise<void> {
  await sealLog({ logFiles: api.logFiles, store: api.persistence.store }, attemptId);
}

/** Simulates retention. */
async function removeLog(attemptId: string): Promise<void> {
  await setAttempt(api.testDatabase.database, attemptId, {
    logRemovedAt: new Date('2026-03-11'),
    logStoredBytes: null,
  });
  await api.logFiles.delete(attemptId);
}

function get(path: string) {
  const url = `/pumphouse/v1/workspaces/${seeded.workspaceId}/job-runs/${seeded.run.id}/log/${path}`;
  return api.app.inject({ url, headers: { authorization: `Bearer ${seeded.owner.key}` } });
}

const readLines = async (query = ''): Promise<LogLinesResponse> =>
  readAnswer('read_log_lines', await get(`lines?${query}`));
const search = async (query: string): Promise<LogSearchResponse> =>
  readAnswer('search_log', await get(`search?${query}`));
/** Continues until the end of the log: a single call takes half a second at most, which a busy machine exceeds. */
async function searchAll(query: string): Promise<LogSearchResponse> {
  const line_numbers: number[] = [];
  let match_count = 0;
  for (let after = -1; ;) {
    const found = await search(`${query}&after_line=${after}`);
    line_numbers.push(...found.line_numbers);
    match_count += found.match_count;
    if (found.reached_end) return { ...found, line_numbers, match_count };
    after = found.searched_to_line;
  }
}
const contents = ({ lines }: LogLinesResponse) => lines.map((line) => line.content);
const numbers = ({ lines }: LogLinesResponse) => lines.map((line) => line.line_num);

describe('the lines of a log', () => {
  it('are empty for a run that has not begun, and the reason for a skipped run', async () => {
    expect(await readLines()).toEqual({ lines: [], line_count: 0, is_complete: false, attempts: [] });
    const skip = {
      status: 'concurrency',
      reasons: ['it runs'],
      count: 1,
      firstAt: 'then',
      lastAt: at.toISOString(),
    };
    await api.setRun(seeded.run.id, { status: 'skipped', finishedAt: new Date(), skip });
    const skipped = await readLines('from_line=-5');
    expect(skipped).toMatchObject({ line_count: 1, is_complete: true, attempts: [] });
    expect(contents(skipped)).toEqual([
      expect.stringContaining('Nothing was started (concurrency): it runs.'),
    ]);
  });

  it.each(['live', 'sealed'])('can be any range of a %s log, across attempts', async (state) => {
    const attempts = [
      await writeAttempt('first', 2500),
      await writeAttempt('second', 0),
      await writeAttempt('third', 1200),
    ];
    if (state === 'sealed') for (const id of attempts) await seal(id);
    const beginning = await readLines('limit=2');
    expect(beginning).toMatchObject({
      line_count: 3700,
      is_complete: false,
      attempts: [
        { number: 1, first_line: 0, line_count: 2500 },
        { number: 2, first_line: 2500, line_count: 0 },
        { number: 3, first_line: 2500, line_count: 1200 },
      ],
    });
    expect([contents(beginning), numbers(beginning)]).toEqual([
      ['first 0', 'first 1'],
      [0, 1],
    ]);
    const across = await readLines('from_line=2498&limit=4');
    expect(contents(across)).toEqual(['first 2498', 'first 2499', 'third 0', 'third 1']);
    expect(numbers(across)).toEqual([2498, 2499, 2500, 2501]);
    expect(contents(await readLines('from_line=-2'))).toEqual(['third 1198', 'third 1199']);
    expect(numbers(await readLines('from_line=-5000&limit=1'))).toEqual([0]);
    expect(await readLines('from_line=3700')).toMatchObject({ lines: [], line_count: 3700 });
    expect((await readLines('from_line=1000&limit=2000')).lines).toHaveLength(2000);
  });

  it('exclude uncommitted lines, and report when the run is over', async () => {
    const { id } = await api.createAttempt(seeded.run);
    await write(id, 'kept');
    const row = await api.persistence.store.attempts.get(id);
    if (!row) throw new Error('The attempt is gone');
    await api.attemptLog.prepare(id, row, [printed('taken back')]).write(api.persistence.store);
    expect(contents(await readLines())).toEqual(['kept']);
    await api.finishRun(seeded.run.id, { status: 'completed' });
    expect(await readLines()).toMatchObject({ line_count: 1, is_complete: true });
  });

  it('contain a single line for a removed log', async () => {
    await removeLog(await writeAttempt('gone', 40));
    await writeAttempt('kept', 2);
    expect(contents(await readLines())).toEqual([
      expect.stringMatching(/^The log was removed on 2026-03-1\d/),
      'kept 0',
      'kept 1',
    ]);
    expect(numbers(await readLines('from_line=1'))).toEqual([1, 2]);
  });

  it('are truncated when very long, each and in total', async () => {
    const { id } = await api.createAttempt(seeded.run);
    const long = `${'x'.repeat(16 * 1024 - 1)}😀${'y'.repeat(40_000)}`;
    await write(id, 'short', ...Array.from({ length: 80 }, () => long));
    const answer = await readLines();
    expect(answer.lines[0]).not.toHaveProperty('truncated');
    expect(answer.lines[1]).toMatchObject({ truncated: true, content: 'x'.repeat(16 * 1024 - 1) });
    expect(answer.lines.length).toBeGreaterThan(60);
    expect(answer.lines.length).toBeLessThan(70);
    expect(answer.line_count).toBe(81);
  });

  it.each(['limit=0', 'limit=2001', 'from_line=x'])('are rejected for %s', async (query) => {
    expect((await get(`lines?${query}`)).json()).toMatchObject({ code: 'invalid_request' });
  });
});

describe('a log search', () => {
  it.each(['live', 'sealed'])('finds lines of a %s log, ignoring case, across attempts', async (state) => {
    const first = await writeAttempt('Number', 1500);
    const { id: second } = await api.createAttempt(seeded.run);
    await write(second, 'ZAŻÓŁĆ number 7', 'a "quoted" \\ back\u2028slash', 'nothing');
    if (state === 'sealed') for (const id of [first, second]) await seal(id);
    expect(await searchAll('q=nUMBER 7')).toEqual({
      line_numbers: [
        7,
        ...Array.from({ length: 10 }, (_, n) => 70 + n),
        ...Array.from({ length: 100 }, (_, n) => 700 + n),
        1500,
      ],
      match_count: 112,
      searched_to_line: 1502,
      reached_end: true,
      line_count: 1503,
      is_complete: false,
    });
    const found = async (text: string) => (await searchAll(`q=${encodeURIComponent(text)}`)).line_numbers;
    expect(await found('zażółć')).toEqual([1500]);
    expect(await found('"QUOTED" \\ back\u2028')).toEqual([1501]);
    // JSON keys and values other than the content are not searched.
    expect(await found('line_num')).toEqual([]);
    expect(await found('stdout')).toEqual([]);
    expect(await found('\\u2028')).toEqual([]);
  });

  it('returns the first line numbers and the total count, and continues after a given line', async () => {
    await writeAttempt('x', 20);
    expect(await search('q=x&limit=3')).toMatchObject({
      line_numbers: [0, 1, 2],
      match_count: 20,
      reached_end: true,
    });
    expect(await search('q=x&after_line=17')).toMatchObject({ line_numbers: [18, 19], match_count: 2 });
    expect(await search('q=x&after_line=500')).toMatchObject({
      line_numbers: [],
      searched_to_line: 500,
      reached_end: true,
    });
  });

  it('filters by source, by stream, and by error-like lines', async () => {
    const { id } = await api.createAttempt(seeded.run);
    await write(
      id,
      setupLine('ERROR while building', 'stderr', at),
      printed('ERROR: no such table', 'stderr'),
      printed('no error here', 'stderr'),
      printed('{"source":"setup","io_stream":"stderr"}'),
      runnerLine('Attempt 1 failed', at),
    );
    expect((await search('')).line_numbers).toEqual([0, 1, 2, 3, 4]);
    expect((await search('source=setup')).line_numbers).toEqual([0]);
    expect((await search('io_stream=stderr')).line_numbers).toEqual([0, 1, 2]);
    expect((await search('level=error')).line_numbers).toEqual([0, 1]);
    expect((await search('level=error&source=user&q=TABLE')).line_numbers).toEqual([1]);
  });

  it('returns where to continue when its time is up, and stops when the caller has left', async () => {
    await writeAttempt('x', 3000);
    const openRunLog = createOpenRunLog(api);
    const hasty = createSearchLog(openRunLog, { budgetMs: 0 });
    const query = { text: '2999', onlyErrors: false, limit: 10, signal: new AbortController().signal };
    const from = (afterLine: number) => hasty(seeded.workspaceId, seeded.run.id, { ...query, afterLine });
    let answer = await from(-1);
    expect(answer).toMatchObject({ matchCount: 0, reachedEnd: false });
    const steps = [answer.searchedToLine];
    while (!answer.reachedEnd) {
      answer = await from(answer.searchedToLine);
      steps.push(answer.searchedToLine);
    }
    expect(answer.lineNumbers).toEqual([2999]);
    expect(steps.length).toBeGreaterThan(1);
    const patient = createSearchLog(openRunLog, { budgetMs: 60_000 });
    const gone = { ...query, afterLine: -1, signal: AbortSignal.abort() };
    expect(await patient(seeded.workspaceId, seeded.run.id, gone)).toMatchObject({ reachedEnd: false });
  });

  it('yields to other work', async () => {
    await writeAttempt(
      'a line of some length, as programs print them when they are asked to say what they do',
      20_000,
    );
    let turns = 0;
    let isSearching = true;
    const count = () => {
      turns += 1;
      if (isSearching) setImmediate(count);
    };
    setImmediate(count);
    expect((await searchAll('q=a line')).match_count).toBe(20_000);
    isSearching = false;
    expect(turns).toBeGreaterThan(10);
  });

  it('ends when the log is removed meanwhile, instead of retrying', async () => {
    const id = await writeAttempt('x', 30);
    await api.logFiles.delete(id);
    expect(await search('q=x')).toMatchObject({ match_count: 0, reached_end: true, searched_to_line: 29 });
  });

  it.each(['limit=10001', 'source=other', 'level=warning', 'after_line=-2', `q=${'x'.repeat(501)}`])(
    'is rejected for %s',
    async (query) => {
      expect((await get(`search?${query}`)).json()).toMatchObject({ code: 'invalid_request' });
    },
  );
});

describe('the log download', () => {
  it('is the text of all attempts, in a file named after the job', async () => {
    await seal(await writeAttempt('first', 1500));
    const { id } = await api.createAttempt(seeded.run);
    const long = 'x'.repeat(60_000);
    await write(id, long, '<script>');
    const response = await get('text');
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="f-${seeded.run.number}.log"`,
      'x-content-type-options': 'nosniff',
    });
    const lines = response.body.split('\n');
    expect([lines.length, lines[0], lines[1499], lines[1500], lines[1501], lines[1502]]).toEqual([
      1503,
      'first 0',
      'first 1499',
      long,
      '<script>',
      '',
    ]);
  });

  it('includes timestamps on request, and is empty without a log', async () => {
    expect((await get('text')).body).toBe('');
    const { id } = await api.createAttempt(seeded.run);
    await write(id, 'one');
    expect((await get('text?timestamps=true')).body).toBe('2026-03-10T10:00:00.000Z one\n');
  });
});
