import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Python } from '../manifest/find-python.ts';
import { readRequirements } from './read-requirements.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pumphouse-read-requirements-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const python = (version: string, origin: Python['origin']): Python => ({
  path: '/usr/bin/python3',
  version,
  origin,
  dltVersion: undefined,
  fingerprint: '',
});

const requires = (range: string) => ({ 'pyproject.toml': `[project]\nrequires-python = "${range}"\n` });

describe('the Python of the runs', () => {
  it.each<[what: string, files: Record<string, string>, python: Python | null, wanted: object]>([
    [
      '.python-version, not python3',
      { '.python-version': '3.11' },
      python('3.13', 'path'),
      { version: '3.11' },
    ],
    [
      '.python-version, not .venv',
      { '.python-version': '3.11' },
      python('3.13', 'environment'),
      { version: '3.11' },
    ],
    [
      '--python, not .python-version',
      { '.python-version': '3.11' },
      python('3.10', 'option'),
      { version: '3.10' },
    ],
    [
      'requires-python, not python3',
      requires('<3.13'),
      python('3.13', 'path'),
      { version: '3.12', range: '<3.13' },
    ],
    [
      'requires-python, not another .venv',
      requires('<3.13'),
      python('3.13', 'environment'),
      { version: '3.12', range: '<3.13' },
    ],
    [
      '.venv, if requires-python allows it',
      requires('<3.13'),
      python('3.11', 'environment'),
      { version: '3.11' },
    ],
    ['python3, if the files name none', {}, python('3.13', 'path'), { version: '3.13' }],
    ['any, if there is nothing', {}, null, { version: '3.12', range: '>=3.10' }],
  ])('is that of %s', async (_, files, found, wanted) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { requirements } = await readRequirements(folder, { python: found, env: { PATH: '' } });
    const { python_version: version, requires_python: range } = requirements;
    expect({ version, ...(range !== undefined && { range }) }).toEqual(wanted);
  });

  it.each<[python: Python | null, version: string]>([
    [python('3.11', 'option'), '3.11'],
    [null, '3.10'],
  ])('is what uv resolves for: %j', async (found, version) => {
    writeFileSync(join(folder, 'uv'), `#!/bin/sh\necho "$*" > "${folder}/asked"\n`);
    chmodSync(join(folder, 'uv'), 0o755);
    writeFileSync(join(folder, 'requirements.txt'), 'requests\n');
    await readRequirements(folder, { python: found, env: { PATH: folder } });
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toContain(
      `--python-version ${version} requirements.txt`,
    );
  });
});
