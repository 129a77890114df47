/** Conformance tests for what members do with the files of local data. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import type { DataProgram, DataProgramCall, LocalDataFiles } from '../contract/local-data-files.ts';
import type { ConformanceSite } from './conformance-site.ts';
import { useLocalData } from './local-data-runs.ts';

/** More than the buffers between a program and its reader can have. */
const manyBytes = 64_000_000;
const missing = 76;

/** Declares the tests of one executor. They are skipped if it gives members no files, or runs no user code. */
export function describeLocalDataFiles(site: ConformanceSite): void {
  describe('files of local data', () => {
    const runs = useLocalData(site);

    const test = (name: string, execute: (files: LocalDataFiles) => Promise<void>): void =>
      it(name, async ({ skip }) => {
        const files = site.executor.localDataFiles;
        skip(files === null || !(await runs.runsUserCode()));
        if (files !== null) await execute(files);
      });

    async function open(files: LocalDataFiles, ...call: DataProgramCall): Promise<DataProgram> {
      const program = await files.openProgram(await runs.describeScope(), call);
      if (program === null) throw new Error('There is no local data.');
      return program;
    }

    /** Runs a program to its end. */
    async function ask(files: LocalDataFiles, ...call: DataProgramCall) {
      const { stdout, ended } = await open(files, ...call);
      const output = await text(stdout);
      return { ...(await ended), lines: output.split('\n').filter(Boolean).map(parseLine) };
    }

    const listPaths = async (files: LocalDataFiles): Promise<unknown[]> => {
      const { lines } = await ask(files, 'list');
      return lines.map(({ path }) => path);
    };

    test('are listed, with their profile, and nothing else is', async (files) => {
      await runs.run(
        'read-write',
        ['write', 'shop.db', 'rows'],
        ['write', 'deep/er.txt', 'inner'],
        ['link', 'link', '/etc/passwd'],
      );
      expect(await files.listProfiles(runs.workspaceId)).toEqual(['prod']);
      expect(await files.listProfiles(randomUUID())).toEqual([]);
      const listed = await ask(files, 'list');
      expect(listed).toMatchObject({ code: 0, stderr: '' });
      expect(listed.lines).toMatchObject([
        { path: 'deep/er.txt', size_bytes: 5 },
        { path: 'shop.db', size_bytes: 4 },
      ]);
    });

    test('are read as a tar after a line about the copy', async (files) => {
      await runs.run('read-write', ['write', 'shop.db', 'rows'], ['write', 'deep/er.txt', 'inner']);
      const { stdout, ended } = await open(files, 'archive');
      const output = await buffer(stdout);
      expect(await ended).toEqual({ code: 0, stderr: '' });
      const lineEnd = output.indexOf('\n');
      expect(parseLine(output.subarray(0, lineEnd).toString())).toMatchObject({
        plain_changed_seconds_ago: expect.any(Number),
      });
      expect(await readTar(output.subarray(lineEnd + 1))).toEqual({
        'deep/er.txt': 'inner',
        'shop.db': 'rows',
      });
      expect(await ask(files, 'archive', 'absent.db')).toMatchObject({ code: missing, lines: [] });
    });

    test('are moved away and brought back, as runs see', async (files) => {
      await runs.run('read-write', ['write', 'shop.db', 'first']);
      const [first, second] = [randomUUID(), randomUUID()];
      expect((await ask(files, 'exchange', first)).lines).toEqual([
        { file_count: 1, size_bytes: 5, is_kept: true },
      ]);
      expect(await runs.run('read-write', ['read', 'shop.db'], ['write', 'shop.db', 'second'])).toEqual([
        expect.stringContaining('FileNotFoundError'),
        6,
      ]);
      expect((await ask(files, 'exchange', second, first)).lines).toMatchObject([{ size_bytes: 6 }]);
      expect(await runs.run('read-write', ['read', 'shop.db'])).toEqual(['first']);
      expect(await ask(files, 'remove', second)).toMatchObject({ code: 0 });
      expect(await ask(files, 'exchange', randomUUID(), second)).toMatchObject({ code: missing });
      expect(await listPaths(files)).toEqual(['shop.db']);
    });

    test('leave neither a copy nor a program when their reader goes away', async (files) => {
      await runs.run('read-write', ['noise', 'shop.db', manyBytes]);
      const program = await open(files, 'archive');
      await once(program.stdout, 'readable');
      program.close();
      expect((await program.ended).code).not.toBe(0);
      const left = ['.pumphouse', '.pumphouse/downloads', 'shop.db'];
      expect(await runs.run('read-write', ['list'])).toEqual([left]);
    });

    test('do not exist before the first run', async (files) => {
      expect(await files.openProgram(await runs.describeScope(), ['list'])).toBeNull();
      expect(await files.listProfiles(runs.workspaceId)).toEqual([]);
    });

    test('are not looked for under names that lead out of their folder', async (files) => {
      for (const names of [{ workspaceId: '../x' }, { profile: '..' }]) {
        const opening = files.openProgram({ ...(await runs.describeScope()), ...names }, ['list']);
        await expect(opening).rejects.toMatchObject({ name: 'ExecutorError', kind: 'config' });
      }
    });
  });
}

const parseLine = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;

async function readTar(archive: Buffer): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const reader = extract();
  const reading = pipeline([archive], reader);
  for await (const entry of reader) found[entry.header.name] = await text(entry);
  await reading;
  return found;
}
