/** Messages of the official client and the server for mistakes that users make on their first day. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { pathWithoutUv } from '../fixtures/path-without-uv.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-mistakes-'));
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_MAX_UPLOAD_MB: '1',
    PUMPHOUSE_MAX_UPLOADS_MB: '99',
  });
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'mistakes' },
    { 'job.py': 'print(1)\n' },
  );
});
afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** Runs `dlthub <args>`, which fails, and returns its output on one line. */
async function fail(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<string> {
  return (await workspace.dlthub(args, { expectedCode: 255, variables })).replaceAll(/\s+/g, ' ');
}

describe('dlthub', () => {
  it.each(['/api', '/w/0b0e9a4e-0000-4000-8000-000000000000'])(
    'reports that the base URL must not end with %s',
    async (path) => {
      const output = await fail(['workspace', 'list'], { RUNTIME__API_BASE_URL: `${server.url}${path}` });
      expect(output).toContain(`The base URL of the client ends with "${path}"`);
      expect(output).toContain('remove that part from RUNTIME__API_BASE_URL');
    },
  );

  it('accepts a trailing slash in the base URL', async () => {
    const variables = { RUNTIME__API_BASE_URL: `${server.url}/` };
    expect(await workspace.dlthub(['workspace', 'list'], { variables })).toContain('mistakes');
  });

  it('shows which files make an upload too large, and what to do', async () => {
    await workspace.write({ 'data/small.csv': 'a\n' });
    await writeFile(join(workspace.folder, 'data', 'orders.bin'), randomBytes(3 * 1024 * 1024));
    const output = await fail(['run', 'job.py']);
    expect(output).toContain('the limit of this server is 1 MB');
    expect(output).toContain('"data/orders.bin" (3 MB)');
    expect(output).toContain('.gitignore');
    expect(output).toContain('PUMPHOUSE_MAX_UPLOAD_MB');
    await rm(join(workspace.folder, 'data'), { recursive: true });
  });

  it('shows the line of requirements.txt that it leaves out without uv, and deploys it with uv', async () => {
    const requirements = 'dlt[duckdb]==1.31.0\n# shared with the laptop\n  -r base.txt\n';
    await workspace.write({
      '__deployment__.py': 'import job\n\n__all__ = ["job"]\n',
      'requirements.txt': requirements,
      'base.txt': 'humanize==4.14.0\n',
    });
    const output = await fail(['deploy'], {
      PATH: `${dirname(install.python)}:${pathWithoutUv()}`,
    });
    expect(output).toContain('requirements.txt:3:3: the line refers to another file, which is not read.');
    expect(output).toContain('Write the lines of that file into this one');
    expect(await workspace.dlthub(['deploy'])).toContain('Synced');
  });

  it('shows an index in requirements.txt, which uv uses on this machine only', async () => {
    await workspace.write({
      'requirements.txt': 'dlt[duckdb]==1.31.0\n--extra-index-url https://pypi.org/simple\n',
    });
    const output = await fail(['deploy']);
    expect(output).toContain('requirements.txt:2:1: the line is an option of an installer');
    expect(output).toContain('docs/concepts/private-indexes.md');
    await workspace.write({ 'requirements.txt': 'dlt[duckdb]==1.31.0\n' });
  });

  it('deploys groups without what they include, and runs have it', async () => {
    const including = await createClientWorkspace(
      { install, server, parentFolder, name: 'including' },
      {
        'pyproject.toml':
          '[project]\nname = "including"\nversion = "0"\ndependencies = ["dlt[duckdb]==1.31.0"]\n' +
          '[dependency-groups]\nreports = [{include-group = "plots"}]\nplots = ["humanize==4.14.0"]\n',
        '__deployment__.py':
          'import dlt.hub.run as run\n\n__all__ = ["report"]\n\n\n' +
          '@run.job(require={"dependency_groups": ["reports"]})\n' +
          'def report():\n    import humanize\n    print("humanize", humanize.__version__)\n',
      },
    );
    await including.dlthub(['deploy']);
    expect(await including.dlthub(['run', 'report', '-f'])).toContain('humanize 4.14.0');
  });
});

describe('a server with a misspelled setting', () => {
  it('starts, and shows a warning on stderr and in /readyz', async () => {
    const warning =
      'PUMPHOUSE_MAX_UPLOADS_MB is not a setting of Pumphouse and is ignored. Did you mean PUMPHOUSE_MAX_UPLOAD_MB?';
    await server.awaitLogged(`pumphouse: warning: ${warning}`);
    // Its parts must answer within seconds, which is too short for some moments of a busy machine.
    const readReadiness = async () => {
      const response = await fetch(`${server.url}/readyz`);
      return { code: response.status, body: await response.json() };
    };
    await expect
      .poll(readReadiness)
      .toMatchObject({ code: 200, body: { status: 'ready', warnings: [warning] } });
  });
});
