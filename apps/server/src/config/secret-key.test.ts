import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeNewKey, otherKeysFile, readSecretKeys, removeOtherKeys } from './secret-key.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-secret-key-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const read = (settings: { secretKey?: string; otherSecretKeys?: string[] } = {}) =>
  readSecretKeys({ dataDir, secretKey: null, otherSecretKeys: [], ...settings });

it('a new key file keeps the key of before among the other keys, and only this user reads both', async () => {
  const before = await read();
  const made = await makeNewKey(dataDir);
  expect(made.current).not.toEqual(before.current);
  expect(made.others).toEqual([before.current]);
  expect(await read()).toEqual(made);
  for (const path of [join(dataDir, 'secret.key'), otherKeysFile(dataDir)])
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  const again = await makeNewKey(dataDir);
  expect(again.others).toEqual([made.current, before.current]);
  expect(await removeOtherKeys(dataDir)).toBe(true);
  expect(await read()).toEqual({ current: again.current, others: [] });
});

it('a crash between the two files loses no key', async () => {
  const { current } = await read();
  const text = await readFile(join(dataDir, 'secret.key'), 'utf8');
  await writeFile(otherKeysFile(dataDir), `${text}\n`);
  const made = await makeNewKey(dataDir);
  expect(made.others).toEqual([current]);
});

it('a key that is set makes the key file of before another key', async () => {
  const { current: ofFile } = await read();
  const set = 'k'.repeat(40);
  expect(await read({ secretKey: set })).toEqual({ current: Buffer.from(set), others: [ofFile] });
});

it('other keys are given as they were set, or as the content of a key file', async () => {
  const { current } = await read();
  const text = await readFile(join(dataDir, 'secret.key'), 'utf8');
  await rm(join(dataDir, 'secret.key'));
  const { others } = await read({ secretKey: 'k'.repeat(40), otherSecretKeys: [text] });
  expect(others).toContainEqual(current);
  expect(others).toContainEqual(Buffer.from(text));
});

it('a line that is no key is refused without being quoted', async () => {
  await writeFile(otherKeysFile(dataDir), 'c2hvcnQ=\n');
  await expect(read()).rejects.toThrow(/contains a line that is not a key/);
  await expect(read()).rejects.not.toThrow(/c2hvcnQ/);
});
