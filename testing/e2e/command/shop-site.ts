import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { runPumphouse, writeFiles, type CommandOptions } from '../../fixtures/command.ts';
import { prepareHookedClient, type DltClientInstall } from '../../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

const jobsFile = `
from dlt.hub import run

@run.job
def load():
    print("loaded", flush=True)

@run.job
def greet(run_context: run.TJobRunContext):
    print("hello", run_context["run_args"]["input"]["name"], flush=True)
`;
export const shopFiles = {
  '.dlt/.workspace': '',
  '.dlt/config.toml': '',
  '.gitignore': '__pycache__/\n',
  'requirements.txt': 'dlt[duckdb]==1.31.0\n',
  'jobs.py': jobsFile,
  '__deployment__.py': 'from jobs import greet, load\n\n__all__ = ["greet", "load"]\n',
  'plain.py': 'print("plain script", flush=True)\n',
};

export interface Shop {
  folder: string;
  pumphouse(args: readonly string[], options?: Partial<CommandOptions>): ReturnType<typeof runPumphouse>;
  /** Runs `dlthub` in the same folder. */
  dlthub(args: readonly string[]): Promise<string>;
  options: CommandOptions;
}

/** A server, and folders whose users have the `pumphouse` command and the official client. */
export interface ShopSite {
  /** Replaced by a test that restarts it. */
  server: TestServer;
  parentFolder: string;
  install: DltClientInstall;
}

export async function openShopSite(): Promise<ShopSite> {
  return {
    parentFolder: await mkdtemp(join(tmpdir(), 'pumphouse-e2e-')),
    server: await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' }),
    install: await prepareHookedClient(),
  };
}

export async function removeShopSite({ server, parentFolder }: ShopSite): Promise<void> {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
}

/** Creates a folder that is connected to a workspace of its own. */
export async function createShop(
  { server, parentFolder, install }: ShopSite,
  name: string,
  files: Record<string, string> = {},
): Promise<Shop> {
  const folder = join(parentFolder, name);
  await writeFiles(folder, { ...shopFiles, ...files });
  const env = {
    RUNTIME__API_BASE_URL: server.url,
    RUNTIME__API_KEY: server.key,
    VIRTUAL_ENV: join(install.python, '..', '..'),
  };
  const options = { cwd: folder, env };
  const shop: Shop = {
    folder,
    options,
    pumphouse: (args, own = {}) => runPumphouse(args, { ...options, ...own, env: { ...env, ...own.env } }),
    async dlthub(args) {
      const client = install.inWorkspace(folder, { apiBaseUrl: server.url, apiKey: server.key });
      const { code, stdout, stderr } = await client.run(args);
      if (code !== 0) throw new Error(stdout + stderr);
      return stdout + stderr;
    },
  };
  const created = await shop.pumphouse(['workspace', 'create', name]);
  expect(created.stderr + created.stdout).toContain(name);
  expect(created.code).toBe(0);
  return shop;
}

/** Creates an interpreter without packages. */
export async function createBarePython({ parentFolder }: ShopSite): Promise<string> {
  const folder = join(parentFolder, 'bare-python');
  await promisify(execFile)('python3', ['-m', 'venv', '--without-pip', folder]);
  return join(folder, 'bin', 'python');
}
