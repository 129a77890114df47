import * as fc from 'fast-check';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hashFiles } from 'pumphouse-command/versions/hash-files.ts';
import { selectCode, selectConfiguration, type Selection } from 'pumphouse-command/versions/select-files.ts';
import { formatManifest, streamTar } from 'pumphouse-command/versions/write-archive.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { caseCount, propertySeed } from '../fixtures/property-seed.ts';
import { repositoryFolder } from '../fixtures/server.ts';

interface Packed {
  content_hash: string;
  sha256: string;
  names: string[];
  manifest: string;
}

interface PackedWorkspace {
  code: Packed;
  configuration: Packed;
}

/** Packs folders with dlt, one at a time. */
interface DltPacker {
  pack(folder: string): Promise<PackedWorkspace>;
  end(): void;
}

let packer: DltPacker;
let parentFolder: string;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-archives-'));
  packer = startPacker((await prepareDltClient()).python);
});
afterAll(async () => {
  packer.end();
  await rm(parentFolder, { recursive: true, force: true });
});

function startPacker(python: string): DltPacker {
  const script = join(repositoryFolder, 'testing', 'dlt', 'pack_workspaces.py');
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors = text(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async pack(folder) {
      child.stdin.write(`${folder}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`dlt ended: ${await errors}`);
      return JSON.parse(value) as PackedWorkspace;
    },
    end: () => child.stdin.end(),
  };
}

/** Files by path; null makes a link to `target.txt` in the root. */
interface Workspace {
  files: Record<string, string | null>;
  /** Lines of `.gitignore`; undefined for none. */
  ignored: string[] | undefined;
}

const names = fc.constantFrom(
  'a',
  'b.py',
  'c.txt',
  'data',
  'build',
  'x.egg-info',
  '__pycache__',
  '.env',
  '.venv',
  'm.pyc',
  'lib.so',
  'no',
  '2024-01-01',
  '0x1f',
  '1.5',
  'null',
  'with space',
  'é',
  '日本語',
  '[x]',
  '#h',
  '!n',
  'a-b_c',
  '~',
  '.git',
  '.DS_Store',
  'config.toml',
  'x'.repeat(120),
  '\u{1F600}',
);
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const settingsNames = fc.constantFrom(
  'config.toml',
  'secrets.toml',
  'prod.config.toml',
  'dev.secrets.toml',
  'tests.config.toml',
  'access.secrets.toml',
  'myconfig.toml',
  '.toolkits',
  '.workspace',
  'other.txt',
  'sub/config.toml',
);
const patterns = fc.oneof(
  fc.constantFrom(
    '',
    '# note',
    '*.py',
    '*',
    '!b.py',
    '/data',
    'data/',
    '!data/',
    '**/a',
    'a/**',
    'a/**/b.py',
    'a/*',
    '!a/c.txt',
    '[ab]*',
    '[!a]*',
    String.raw`\!n`,
    String.raw`\#h`,
    '.dlt',
    '!.dlt/',
    '*.txt ',
    'with space',
    '/',
    '**',
    '!**/c.txt',
    'é',
    '日本語',
    'no?',
    '*.egg-info/',
    '[x',
    'a//b.py',
    '/**/c.txt',
    'data/**/',
  ),
  paths,
  paths.map((path) => `!${path}`),
  paths.map((path) => `/${path}/`),
);
const workspaces: fc.Arbitrary<Workspace> = fc.record({
  files: fc
    .tuple(
      fc.dictionary(paths, fc.oneof({ weight: 6, arbitrary: fc.string() }, fc.constant(null)), {
        maxKeys: 14,
      }),
      fc.dictionary(
        settingsNames.map((name) => `.dlt/${name}`),
        fc.string(),
        { maxKeys: 5 },
      ),
    )
    .map(([files, settings]) => ({ ...files, ...settings })),
  ignored: fc.option(fc.array(patterns, { maxLength: 8 }), { nil: undefined }),
});

async function createFolder({ files, ignored }: Workspace): Promise<string> {
  const folder = await mkdtemp(join(parentFolder, 'case-'));
  await writeFile(join(folder, 'target.txt'), 'target');
  for (const [path, content] of Object.entries(files)) {
    try {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      if (content === null) await symlink('target.txt', join(folder, path));
      else await writeFile(join(folder, path), content);
    } catch {
      // The path needs a folder where another path has a file: the workspace does without it.
    }
  }
  if (ignored) await writeFile(join(folder, '.gitignore'), ignored.join('\n'));
  return folder;
}

async function pack({ files }: Selection) {
  const hashed = await hashFiles(files);
  const digest = createHash('sha256');
  for await (const chunk of streamTar(hashed.files)) digest.update(chunk);
  return { ...hashed, sha256: digest.digest('hex'), manifest: formatManifest(hashed.files) };
}

describe('versions of a workspace', () => {
  it('have the files, the hash and the manifest of dlt', async () => {
    await fc.assert(
      fc.asyncProperty(workspaces, async (workspace) => {
        const folder = await createFolder(workspace);
        const theirs = await packer.pack(folder);
        const code = await pack(await selectCode(folder));
        const configuration = await pack(await selectConfiguration(folder));
        await rm(folder, { recursive: true });
        expect(namesOf(code)).toEqual(theirs.code.names.toSorted());
        expect(code.contentHash).toBe(theirs.code.content_hash);
        expect(parse(code.manifest)).toEqual(parse(theirs.code.manifest));
        expect(namesOf(configuration)).toEqual(theirs.configuration.names.toSorted());
        expect(configuration.contentHash).toBe(theirs.configuration.content_hash);
      }),
      { seed: propertySeed, numRuns: caseCount(400) },
    );
  });

  const ordinaryNames = fc.constantFrom(
    'a.py',
    'Data',
    'load_2024.py',
    '__init__.py',
    'no',
    'null',
    '2024-01-01',
    '1.5',
    'x'.repeat(120),
    'é.py',
  );
  const ordinaryPaths = fc
    .array(ordinaryNames, { minLength: 1, maxLength: 2 })
    .map((parts) => parts.join('/'));
  const contents = fc.oneof(fc.string(), fc.constant('x'.repeat(512)), fc.constant('y'.repeat(100_000)));

  it('are packed into the bytes of dlt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(ordinaryPaths, contents, { maxKeys: 8 }), async (files) => {
        const folder = await createFolder({ files: withoutConflicts(files), ignored: [] });
        const theirs = await packer.pack(folder);
        const code = await pack(await selectCode(folder));
        await rm(folder, { recursive: true });
        // The order of entries within the archive is that of the walk; all else follows from it.
        expect(code.manifest).toBe(theirs.code.manifest);
        expect(code.sha256).toBe(theirs.code.sha256);
      }),
      { seed: propertySeed, numRuns: caseCount(200) },
    );
  });
});

/** dlt walks the files of a folder before its subfolders. */
function namesOf({ files }: { files: readonly { path: string }[] }): string[] {
  return [...files.map(({ path }) => `files/${path}`), 'manifest.yaml'].toSorted();
}

/** A path cannot be both a file and a folder. */
function withoutConflicts(files: Record<string, string>): Record<string, string> {
  const paths = Object.keys(files);
  const isFolder = (path: string) => paths.some((other) => other.startsWith(`${path}/`));
  return Object.fromEntries(Object.entries(files).filter(([path]) => !isFolder(path)));
}
