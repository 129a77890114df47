import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTool, splitSearchPath } from './tool-lookup.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pumphouse-tools-'));
});

afterEach(() => rm(root, { recursive: true }));

async function createTool(folder: string, name: string, mode = 0o755): Promise<string> {
  const path = join(root, folder, name);
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(path, '', { mode });
  return path;
}

describe('findTool', () => {
  it('prefers the variable over the tools folder, and both over PATH', async () => {
    const configured = await createTool('configured', 'my-uv');
    const installed = await createTool('tools', 'uv');
    const onPath = await createTool('bin', 'uv');
    const env = { PUMPHOUSE_UV: configured, PATH: join(root, 'bin') };
    const toolsDir = join(root, 'tools');
    expect(findTool('uv', { env, toolsDir })).toBe(configured);
    expect(findTool('uv', { env: { PATH: env.PATH }, toolsDir })).toBe(installed);
    expect(findTool('uv', { env: { PATH: env.PATH, PUMPHOUSE_UV: '' } })).toBe(onPath);
    expect(findTool('bwrap', { env, toolsDir })).toBeNull();
  });

  it('skips non-executable files, folders and shims', async () => {
    await createTool('plain', 'python3', 0o644);
    await mkdir(join(root, 'folder/python3'), { recursive: true });
    await createTool('shims', 'python3');
    const real = await createTool('bin', 'python3');
    const PATH = ['plain', 'folder', 'shims', 'bin'].map((name) => join(root, name)).join(':');
    expect(findTool('python3', { env: { PATH } })).toBe(real);
  });

  it('fails if its variable names nothing, without searching further', async () => {
    await createTool('bin', 'bwrap');
    const env = { PUMPHOUSE_BWRAP: join(root, 'nothing'), PATH: join(root, 'bin') };
    expect(() => findTool('bwrap', { env })).toThrow('PUMPHOUSE_BWRAP names');
  });
});

describe('splitSearchPath', () => {
  it('keeps only absolute folders', () => {
    expect(splitSearchPath('/usr/bin::bin:.:/home/a/.pyenv/shims:/bin')).toEqual(['/usr/bin', '/bin']);
  });
});
