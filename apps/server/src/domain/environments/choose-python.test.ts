import { describe, expect, it } from 'vitest';
import { advisePython, choosePython, chooseSupported } from './choose-python.ts';
import { deriveRequirements } from './derived-requirements.ts';
import { readRequirementsManifest } from './requirements.ts';

const choose = (requiresPython: string | undefined, installed: string[]) =>
  choosePython({ pythonVersion: '3.12', requiresPython }, () => Promise.resolve(installed));

describe('choosePython', () => {
  it('takes the first installed version that the code allows, and names it', async () => {
    const { version, note } = await choose('>=3.10', ['3.13', '3.11']);
    expect(version).toBe('3.13');
    expect(note).toContain('Python 3.13 is the newest installed one that the workspace allows (>=3.10)');
    expect((await choose('<3.13', ['3.13', '3.11'])).version).toBe('3.11');
  });

  it.each([
    ['that the code names, whatever is installed', undefined, ['3.13']],
    ['that the code allows if none of those is installed, so that the builder tells', '<3.13', ['3.13']],
  ])('takes the version %s', async (_, requires, installed) => {
    expect(await choose(requires, installed)).toEqual({ version: '3.12', note: null });
  });
});

it('chooseSupported knows the versions of dlt, newest first', () => {
  expect(chooseSupported(['3.9.18', '3.11.2', '3.13.5', '3.15.0a1', '3.13.0'])).toEqual(['3.13', '3.11']);
});

it.each([
  ['pumphouse', /pumphouse deploy --python 3\.13, or write 3\.13 into \.python-version/],
  ['dlt-runtime', /run dlt runtime deploy in an environment with Python 3\.13/],
  [undefined, /run dlthub deploy in an environment with Python 3\.13/],
])('advises the user of %s', (client, advice) => {
  const manifest = readRequirementsManifest({
    engine_version: 2,
    python_version: '3.12',
    client,
    groups: {},
  });
  expect(advisePython(manifest, '3.13')).toMatch(advice);
});

it('advises the user of a client that sends no requirements', () => {
  const manifest = readRequirementsManifest(deriveRequirements({ pythonVersion: '3.12' }));
  expect(advisePython(manifest, '3.13')).toMatch(
    /write 3\.13 into \.python-version and run dlt runtime deploy/,
  );
});
