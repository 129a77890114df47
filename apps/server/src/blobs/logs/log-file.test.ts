import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { createLogFiles } from './log-file.ts';
import { LogSealedError, LogTooShortError } from './log-files.ts';
import type { FolderLogFiles } from './log-file.ts';

let folder: string;
let logs: FolderLogFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-logs-'));
  logs = createLogFiles(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const id = '0198c0de-aa';
const plain = () => join(folder, 'aa', `${id}.ndjson`);
const index = () => join(folder, 'aa', `${id}.idx`);
const sealed = () => `${plain()}.zst`;
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `{"line_num":${from + n},"content":"${'x'.repeat(n % 50)}"}\n`);

/** Tracks the length of a log like the store, with the lines themselves. */
function createAccount() {
  const lines: string[] = [];
  const bytes = () => Buffer.byteLength(lines.join(''));
  return {
    lines,
    bytes,
    append: (added: string[]) =>
      logs.append(id, { expectedBytes: bytes(), firstLine: lines.length, data: Buffer.from(added.join('')) }),
    async commit(added: string[]) {
      await this.append(added);
      lines.push(...added);
    },
  };
}

async function readFrom(fromLine: number, toBytes?: number): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of logs.read(id, { fromLine, ...(toBytes === undefined ? {} : { toBytes }) })) {
    const text = Buffer.from(piece).toString();
    expect(text.endsWith('\n')).toBe(true);
    pieces.push(text);
  }
  return pieces.join('');
}

describe('append', () => {
  test('writes whole lines, accessible only to this user, that can be read from any line', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 3));
    await account.commit(numbered(3, 5));
    expect(await readFrom(0)).toBe(account.lines.join(''));
    expect(await readFrom(4)).toBe(account.lines[4]);
    expect(await readFrom(5)).toBe('');
    expect((await stat(plain())).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'aa'))).mode & 0o777).toBe(0o700);
    await expect(account.append(['no newline'])).rejects.toThrow('whole lines');
  });

  test('truncates uncommitted data, also in the index', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 900));
    await account.append(numbered(900, 5000));
    expect((await stat(index())).size).toBeGreaterThan(16);
    const other = numbered(0, 2200).map((line) => line.replace('content', 'other'));
    await account.commit(other);
    expect(await readFrom(0)).toBe(account.lines.join(''));
    expect(await readFrom(2999)).toBe(account.lines.slice(2999).join(''));
  });

  test('rejects a log that lost bytes, in whole or in part', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 3));
    await truncate(plain(), 10);
    await expect(account.append(numbered(3, 4))).rejects.toThrow(LogTooShortError);
    expect((await stat(plain())).size).toBe(10);
    await rm(plain());
    await expect(account.append(numbered(3, 4))).rejects.toThrow(LogTooShortError);
    expect(await readdir(join(folder, 'aa'))).not.toContain(`${id}.ndjson`);
  });

  test('one abandoned by its caller does not mix with the next', async () => {
    const account = createAccount();
    const abandoned = account.append(numbered(0, 4000));
    await account.commit(['{"line_num":0}\n']);
    await abandoned;
    expect(await readFrom(0)).toBe('{"line_num":0}\n');
  });

  test('an attempt id that could lead elsewhere is rejected', async () => {
    const data = Buffer.from('\n');
    for (const bad of ['../../x', 'a/b', '', 'a', 'x'.repeat(65), 'a\0b']) {
      await expect(logs.append(bad, { expectedBytes: 0, firstLine: 0, data })).rejects.toThrow('attempt id');
      expect(() => logs.read(bad, { fromLine: 0 })).toThrow('attempt id');
    }
  });
});

describe('read', () => {
  test('stops at a byte, at whole lines, in both forms', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 2500));
    const two = Buffer.byteLength(account.lines.slice(0, 2).join(''));
    const many = Buffer.byteLength(account.lines.slice(0, 2100).join(''));
    for (const form of ['plain', 'sealed']) {
      if (form === 'sealed') await logs.seal(id);
      expect(await readFrom(0, two)).toBe(account.lines.slice(0, 2).join(''));
      expect(await readFrom(0, two + 3)).toBe(account.lines.slice(0, 2).join(''));
      expect(await readFrom(2050, many)).toBe(account.lines.slice(2050, 2100).join(''));
      expect(await readFrom(0, 0)).toBe('');
    }
  });

  test('of an attempt without a log returns nothing, sealed or not', async () => {
    expect(await readFrom(0)).toBe('');
    await logs.seal(id);
    expect(await readFrom(0)).toBe('');
    await logs.delete(id);
  });

  test('continues while the log is sealed and deleted', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 20_000));
    const reading = logs.read(id, { fromLine: 0 })[Symbol.asyncIterator]();
    const parts = [await reading.next()];
    await logs.seal(id);
    await logs.delete(id);
    while (parts.at(-1)?.done === false) parts.push(await reading.next());
    const text = parts
      .map(({ value }) => Buffer.from((value as Uint8Array | undefined) ?? []).toString())
      .join('');
    expect(text).toBe(account.lines.join(''));
    expect(await readFrom(0)).toBe('');
  });
});

describe('readEnd', () => {
  const readEnd = async (toBytes: number, atMostBytes: number) =>
    Buffer.from(await logs.readEnd(id, { toBytes, atMostBytes })).toString();

  test('returns the whole lines within the last bytes before the stored length', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 100));
    const all = account.lines.join('');
    const bytes = account.bytes();
    expect(await readEnd(bytes, bytes + 1)).toBe(all);
    const last = account.lines.at(-1) ?? '';
    expect(await readEnd(bytes, Buffer.byteLength(last) + 1)).toBe(last);
    expect(await readEnd(bytes, Buffer.byteLength(last) - 1)).toBe('');
    // An append without a commit.
    await account.append(['{"line_num":100}\n']);
    expect(await readEnd(bytes, bytes)).toBe(all);
    expect(await readEnd(bytes - 1, bytes)).toBe(account.lines.slice(0, -1).join(''));
  });

  test('returns nothing for a missing log', async () => {
    expect(await readEnd(10, 10)).toBe('');
  });
});

describe('seal', () => {
  test('compresses into frames that can be read separately', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 5500));
    await logs.seal(id);
    expect(await readdir(join(folder, 'aa'))).toEqual([`${id}.ndjson.zst`]);
    expect((await stat(sealed())).size).toBeLessThan(account.bytes() / 5);
    expect(await readFrom(0)).toBe(account.lines.join(''));

    // With its first frames destroyed, the later ones are still readable.
    const file = await open(sealed(), 'r+');
    await file.write(Buffer.alloc(500, 0xff), 0, 500, 0);
    await file.close();
    expect(await readFrom(5000)).toBe(account.lines.slice(5000).join(''));
    await expect(readFrom(0)).rejects.toThrow();
  });

  test('omits uncommitted data, and then rejects appends', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 10));
    await account.append(numbered(10, 20));
    await logs.seal(id, { toBytes: account.bytes() });
    expect(await readFrom(0)).toBe(account.lines.join(''));
    await expect(account.append(numbered(10, 11))).rejects.toThrow(LogSealedError);
    await logs.seal(id, { toBytes: account.bytes() });
    expect(await readFrom(0)).toBe(account.lines.join(''));
  });

  test('rejects a log that lost bytes', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 10));
    await expect(logs.seal(id, { toBytes: account.bytes() + 1 })).rejects.toThrow(LogTooShortError);
    expect(await readFrom(0)).toBe(account.lines.join(''));
  });

  test('after a crash at any point reads the same and can be repeated', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 3000));
    const [plainBytes, indexBytes] = [await readFile(plain()), await readFile(index())];
    await logs.seal(id);
    const sealedBytes = await readFile(sealed());
    const crashes: Record<string, Buffer>[] = [
      {
        [plain()]: plainBytes,
        [index()]: indexBytes,
        [`${sealed()}.unfinished`]: sealedBytes.subarray(0, 99),
      },
      { [plain()]: plainBytes, [index()]: indexBytes, [`${sealed()}.unfinished`]: sealedBytes },
      { [plain()]: plainBytes, [index()]: indexBytes, [sealed()]: sealedBytes },
      { [plain()]: plainBytes, [sealed()]: sealedBytes },
      { [sealed()]: sealedBytes },
    ];
    for (const files of crashes) {
      await logs.delete(id);
      for (const [path, bytes] of Object.entries(files)) await writeFile(path, bytes);
      expect(await readFrom(1500)).toBe(account.lines.slice(1500).join(''));
      await logs.seal(id);
      expect(await readdir(join(folder, 'aa'))).toEqual([`${id}.ndjson.zst`]);
      expect(await readFrom(1500)).toBe(account.lines.slice(1500).join(''));
    }
  });

  test('a damaged sealed log is reported', async () => {
    await createAccount().commit(numbered(0, 10));
    await logs.seal(id);
    await truncate(sealed(), 40);
    await expect(readFrom(0)).rejects.toThrow('damaged');
  });
});

describe('log file properties', () => {
  const line = fc
    .tuple(fc.constantFrom(0, 1, 80, 5000, 70_000), fc.constantFrom('x', 'é'))
    .map(([length, char]) => `${char.repeat(length)}\n`);
  const lines = fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 20 }), fc.constantFrom(1, 1, 30, 200))
    .map(([some, times]) =>
      some.join('').length * times > 3e6 ? some : Array<string[]>(times).fill(some).flat(),
    );
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), lines }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), lines }) },
    fc.record({ kind: fc.constant('drop index' as const) }),
    fc.record({ kind: fc.constant('cut index' as const), bytes: fc.nat(100) }),
    fc.record({ kind: fc.constant('zero index' as const) }),
  );

  test('exactly the committed lines are read from any line, plain and sealed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, part) => {
          await logs.delete(id);
          const account = createAccount();
          for (const now of steps) {
            if (now.kind === 'commit') await account.commit(now.lines);
            else if (now.kind === 'lose') await account.append(now.lines);
            else if (now.kind === 'drop index') await rm(index(), { force: true });
            else if (now.kind === 'cut index') await truncate(index(), now.bytes).catch(() => undefined);
            else await writeFile(index(), Buffer.alloc(48)).catch(() => undefined);
          }
          const fromLine = Math.floor(account.lines.length * part);
          const expected = account.lines.slice(fromLine).join('');
          expect(await readFrom(fromLine, account.bytes())).toBe(expected);
          await logs.seal(id, { toBytes: account.bytes() });
          expect(await readFrom(fromLine)).toBe(expected);
        },
      ),
      { seed: propertySeed, numRuns: caseCount(40) },
    );
  });

  test('killing a writer loses nothing that it reported as durable', async () => {
    const module = new URL('./log-file.ts', import.meta.url).href;
    const script = `
      import { createLogFiles } from ${JSON.stringify(module)};
      const logs = createLogFiles(${JSON.stringify(folder)});
      let expectedBytes = 0;
      for (let firstLine = 0; ; firstLine += 700) {
        const data = Buffer.from(Array.from({ length: 700 }, (_, n) => firstLine + n + '\\n').join(''));
        await logs.append(${JSON.stringify(id)}, { expectedBytes, firstLine, data });
        expectedBytes += data.length;
        console.log(expectedBytes, firstLine + 700);
      }`;
    const writer = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let [bytes, count, reports] = [0, 0, 0];
    for await (const report of createInterface(writer.stdout)) {
      [bytes = 0, count = 0] = report.split(' ').map(Number);
      reports += 1;
      if (reports === 20) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    await logs.append(id, { expectedBytes: bytes, firstLine: count, data: Buffer.from('after\n') });
    const expected = Array.from({ length: count }, (_, n) => `${n}\n`).join('');
    expect(count).toBeGreaterThanOrEqual(14_000);
    expect(await readFrom(0)).toBe(`${expected}after\n`);
    expect(await readFrom(count)).toBe('after\n');
  });

  test('a lost index is rebuilt by the next append', async () => {
    const account = createAccount();
    await account.commit(numbered(0, 10_000));
    const before = await readFile(index());
    await rm(index());
    await account.commit(numbered(10_000, 10_001));
    expect((await readFile(index())).length).toBe(before.length);
    expect(await readFrom(9_500)).toBe(account.lines.slice(9_500).join(''));
  });
});
