import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, prepareHookedClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/**
 * Both forms found in documentation: the first needs `dlthub` or the hook on the user's machine, the second
 * only dlt.
 */
const files = {
  'from_import.py': `
import json
from dlt.hub import run

@run.job
def load():
    pass

if __name__ == "__main__":
    print(json.dumps(run.__name__))
`,
  'plain_import.py': `
import json
import dlt.hub.run as run

if __name__ == "__main__":
    print(json.dumps(run.__name__))
`,
  '__deployment__.py': `
from dlt.hub import run

__all__ = ["load"]

@run.job
def load():
    pass
`,
};

const jobRef = 'jobs.__deployment__.load';

let server: TestServer;
let parentFolder: string;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
});
afterAll(async () => {
  await server?.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

const connect = (install: DltClientInstall, name: string): Promise<ClientWorkspace> =>
  createClientWorkspace({ install, server, parentFolder, name }, files);

describe("from dlt.hub import run, on a user's machine without dlthub", () => {
  it('fails without the hook and names the missing package; import dlt.hub.run as run works', async () => {
    const workspace = await connect(await prepareDltClient(), 'without-hook');
    await expect(workspace.runProgram('from_import.py')).rejects.toThrow(
      /MissingDependencyException[^]*dlthub/,
    );
    expect(await workspace.runProgram('plain_import.py')).toBe('dlt.hub.run');
    expect(await workspace.dlthub(['deploy'], { expectedCode: 255 })).toContain('dlthub');
    await expect(workspace.api.findJob(jobRef)).rejects.toThrow('has no job');
  });

  it('works with the hook, in a program and in a deployment', async () => {
    const workspace = await connect(await prepareHookedClient(), 'with-hook');
    expect(await workspace.runProgram('from_import.py')).toBe('dlt.hub.run');
    expect(await workspace.runProgram('plain_import.py')).toBe('dlt.hub.run');
    await workspace.dlthub(['deploy']);
    expect((await workspace.api.findJob(jobRef)).is_archived).toBe(false);
  });
});
