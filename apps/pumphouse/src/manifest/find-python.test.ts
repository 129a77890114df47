import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPython } from './find-python.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pumphouse-find-python-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('reads the version of a Python that has no site-packages from the name behind its link, as in Debian', () => {
  const bin = join(folder, 'usr', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'python3.13'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('python3.13', join(bin, 'python3'));
  expect(findPython(folder, { named: undefined, env: { PATH: bin } })).toMatchObject({
    path: join(bin, 'python3'),
    version: '3.13',
    dltVersion: undefined,
  });
});

it('reads the version of an environment from its settings, whatever its interpreter is called', () => {
  const environment = join(folder, '.venv');
  mkdirSync(join(environment, 'bin'), { recursive: true });
  writeFileSync(join(environment, 'bin', 'python'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(environment, 'pyvenv.cfg'), 'home = /usr/bin\nversion = 3.11.2\n');
  expect(findPython(folder, { named: undefined, env: { PATH: '' } })?.version).toBe('3.11');
});

describe('a version as --python', () => {
  it('is that of the runs, while the environment imports the code', () => {
    const environment = join(folder, '.venv');
    mkdirSync(join(environment, 'bin'), { recursive: true });
    writeFileSync(join(environment, 'bin', 'python'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(environment, 'pyvenv.cfg'), 'version = 3.11.2\n');
    expect(findPython(folder, { named: '3.10', env: { PATH: '' } })).toMatchObject({
      path: join(environment, 'bin', 'python'),
      version: '3.10',
      origin: 'option',
    });
  });

  it('is searched on the PATH if there is no environment', () => {
    for (const name of ['python3', 'python3.10'])
      writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
    expect(findPython(folder, { named: '3.10', env: { PATH: folder } })?.path).toBe(
      join(folder, 'python3.10'),
    );
    expect(findPython(folder, { named: '3.12', env: { PATH: folder } })?.version).toBe('3.12');
  });

  it('needs some Python, or .python-version', () => {
    expect(() => findPython(folder, { named: '3.10', env: { PATH: '' } })).toThrow(
      'There is no Python 3.10 here',
    );
  });
});
