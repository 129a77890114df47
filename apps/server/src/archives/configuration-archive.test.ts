import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { buildArchive } from '../../../../testing/fixtures/workspace-archive.ts';
import type { ArchiveContent } from '../../../../testing/fixtures/workspace-archive.ts';
import {
  inspectConfigurationArchive,
  resolveConfigurationFile,
  readConfigurationFiles,
  readProfile,
} from './configuration-archive.ts';

const fromClient = path.join(
  import.meta.dirname,
  '../../../../testing/fixtures/client-archives/configuration.tar.gz',
);

function open(files: Record<string, ArchiveContent | Uint8Array>): Readable {
  return Readable.from([buildArchive(files)]);
}

test("the client's archive has its hash and the profiles from its names", async () => {
  const report = await inspectConfigurationArchive(createReadStream(fromClient));
  expect(report).toMatchObject({
    contentHash: 'Lp85T5fkAvgyrCTaWwAVgRi4UiChf4zeYkXCxO4nsz4=',
    fileCount: 4,
    profiles: ['access', 'prod'],
  });
});

test('its files can be read for masking', async () => {
  expect(await readConfigurationFiles(createReadStream(fromClient))).toEqual([
    { name: 'access.secrets.toml', text: 'a=1' },
    { name: 'config.toml', text: 'log_level="INFO"' },
    { name: 'prod.config.toml', text: 'a=1' },
    { name: 'secrets.toml', text: 'k="plain-secret-value"' },
  ]);
});

test('a name with its profile last is read under the name that dlt uses', async () => {
  const files = { 'secrets.prod.toml': 'k = "ü"', 'config.eu.toml': '' };
  expect(await inspectConfigurationArchive(open(files))).toMatchObject({ profiles: ['eu', 'prod'] });
  expect(await readConfigurationFiles(open(files))).toEqual([
    { name: 'eu.config.toml', text: '' },
    { name: 'prod.secrets.toml', text: 'k = "ü"' },
  ]);
});

test.each([
  ['config.toml', null, 'config.toml'],
  ['secrets.toml', null, 'secrets.toml'],
  ['myconfig.toml', null, 'myconfig.toml'],
  ['prod.config.toml', 'prod', 'prod.config.toml'],
  ['eu.west.secrets.toml', 'eu.west', 'eu.west.secrets.toml'],
  ['secrets.prod.toml', 'prod', 'prod.secrets.toml'],
  ['config.prod.toml', 'prod', 'prod.config.toml'],
])('%s belongs to the profile %s', (name, profile, placed) => {
  expect(readProfile(name)).toBe(profile);
  expect(resolveConfigurationFile(name)).toBe(placed);
});

test.each<[string, Record<string, ArchiveContent | Uint8Array>, string, string]>([
  ['a folder', { 'sub/config.toml': '' }, 'archive_invalid', 'lies in a folder'],
  ['another file', { id_rsa: '' }, 'archive_invalid', 'is not a configuration file'],
  ['another toml', { 'pyproject.toml': '' }, 'archive_invalid', 'is not a configuration file'],
  ['a link', { 'secrets.toml': { link: 'config.toml' } }, 'archive_unsafe', 'is a link'],
  ['the dev profile', { 'dev.secrets.toml': '' }, 'archive_invalid', 'stays on your machine'],
  ['the tests profile', { 'config.tests.toml': '' }, 'archive_invalid', 'stays on your machine'],
  ['no text', { 'config.toml': Buffer.from([0xff, 0xfe, 0]) }, 'archive_invalid', 'is not UTF-8'],
  [
    'two for one',
    { 'prod.config.toml': '', 'config.prod.toml': '' },
    'archive_invalid',
    'is also in the archive',
  ],
  ['..', { '../config.toml': '' }, 'archive_unsafe', '".."'],
  ['5 MB', { 'config.toml': '#'.repeat(5 * 1024 * 1024) }, 'upload_too_large', 'unpacks to more than'],
])('%s is rejected', async (_what, files, code, text) => {
  const error: unknown = await inspectConfigurationArchive(open(files)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code, message: expect.stringContaining(text) as string });
  await expect(readConfigurationFiles(open(files))).rejects.toMatchObject({ code });
});
