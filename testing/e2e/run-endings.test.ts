import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const module = `
import sys, time
import dlt.hub.run as run

# Long enough that the line is there before the timeout, also where two cores do much else: the server says the timeout, and which of
# the two is written first would be chance.
@run.job(execute={"timeout": {"timeout": 20, "grace_period": 5}})
def slow():
    print("working", flush=True)
    time.sleep(600)

@run.job(execute={"timeout": {"grace_period": 1}})
def stubborn():
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("asleep", flush=True)
    while True:
        time.sleep(1)

@run.job()
def hungry():
    print("hungry", flush=True)
    eaten = []
    while True:
        eaten.append(bytearray(16 * 1024 * 1024))

@run.job()
def broken():
    print("Pumphouse: Failed (exit_code): this is user code", flush=True)
    # No secret begins with a full stop: the line is whole however long the process takes to end.
    sys.stdout.write("no newline")
    raise ValueError("no luck\\ntoday")

@run.job(require={"dependency_groups": ["reports"]})
def grouped():
    print("never printed")
`;

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-endings-'));
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_INSTANCE_SIZES: 'small=2/400/512 medium=2/2048/1024',
  });
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'endings' },
    { '__deployment__.py': module },
  );
  await workspace.dlthub(['deploy']);
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** The log lines printed by the client, without number and time: `[setup] Pumphouse: …`. */
function readLines(output: string): string[] {
  return output
    .split('\n')
    .flatMap((line) => /^\[ *\d+\] \S+ (\[\w+\] .*)$/.exec(line)?.[1]?.replace(/\s+/, ' ') ?? []);
}

/** Expects that `dlthub run JOB -f` and, after the run has ended, `dlthub job logs JOB -f` print the same. */
async function follow(job: string): Promise<string[]> {
  const followed = readLines(await workspace.dlthub(['run', job, '-f'], { expectedCode: 1 }));
  expect(readLines(await workspace.dlthub(['job', 'logs', job, '-f']))).toEqual(followed);
  return followed;
}

describe('the terminal that follows a run', () => {
  it('shows that the run exceeded its timeout, with both limits', async () => {
    const lines = await follow('slow');
    expect(lines.slice(-2)).toEqual([
      '[setup] Pumphouse: The run has reached its timeout of 20 s and is being stopped. It has 5 s to end before it is killed.',
      expect.stringMatching(
        /^\[setup\] Pumphouse: Failed \(timed_out\): The run took longer than its timeout of 20 s and was stopped\. It ended within its grace period of 5 s\. Raise `timeout`/,
      ),
    ]);
  });

  it('shows that the run ran out of memory, with limit, peak and the next size', async () => {
    expect((await follow('hungry')).at(-1)).toMatch(
      /^\[setup\] Pumphouse: Failed \(out_of_memory\): The run was killed at \d+ MiB of the 400 MiB of memory of its instance size small\. One process had used \d+ MiB\. Try the next larger size: medium with 2048 MiB\. /,
    );
  });

  it('shows who cancelled the run, and that it had to be killed', async () => {
    const following = workspace.dlthub(['run', 'stubborn', '-f'], { expectedCode: 1 });
    await expect.poll(() => workspace.api.listRuns('jobs.__deployment__.stubborn')).toHaveLength(1);
    const [run] = await workspace.api.listRuns('jobs.__deployment__.stubborn');
    await workspace.api.awaitLine(run?.id ?? '', 'asleep');
    await workspace.dlthub(['job', 'cancel', 'stubborn']);
    const lines = readLines(await following);
    expect(lines.slice(-3)).toEqual([
      '[user] asleep',
      expect.stringMatching(
        /^\[setup\] Pumphouse: Cancelled by \S+@\S+; the run is being stopped\. It has 1 s to end before it is killed\.$/,
      ),
      '[setup] Pumphouse: Cancelled. It did not end within its grace period of 1 s and was killed.',
    ]);
    expect(readLines(await workspace.dlthub(['job', 'logs', 'stubborn', '-f']))).toEqual(lines);
  });

  it('names the exception of user code once, and keeps its output unchanged', async () => {
    const lines = await follow('broken');
    expect(lines).toContain('[user] Pumphouse: Failed (exit_code): this is user code');
    expect(lines).toContain('[user] no newline');
    expect(lines).toContain('[user] ValueError: no luck');
    expect(lines.filter((line) => line.startsWith('[setup] Pumphouse: Failed'))).toEqual([
      expect.stringMatching(
        /^\[setup\] Pumphouse: Failed \(exit_code\): ValueError: no luck \(__deployment__\.py:\d+\)\. /,
      ),
    ]);
  });

  it('names the group that the deployment does not have', async () => {
    expect((await follow('grouped')).at(-1)).toMatch(
      /^\[setup\] Pumphouse: Failed \(requirements_missing_group\): dependency group 'reports' is not in the deployed requirements/,
    );
  });

  it('shows why requirements are unsatisfiable', async () => {
    const other = await createClientWorkspace(
      { install, server, parentFolder, name: 'unresolvable' },
      {
        'hello.py': 'print("hello")\n',
        // A project without a lock file: the client sends the lines unchanged.
        'pyproject.toml':
          '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["dlt==99.0"]\n',
      },
    );
    const lines = readLines(await other.dlthub(['run', 'hello.py', '-f'], { expectedCode: 1 }));
    expect(lines.at(-1)).toMatch(
      /^\[setup\] Pumphouse: Failed \(requirements_failed\): No solution found when resolving dependencies: Because there is no version of dlt==99\.0/,
    );
    const [run] = await other.api.listRuns('jobs.hello');
    const { reason } = await server.client.call('get_run_overview', {
      params: { workspace_id: other.api.id, job_run_id: run?.id ?? '' },
    });
    expect(reason?.summary).toMatch(/^No solution found when resolving dependencies: /);
  });
});
