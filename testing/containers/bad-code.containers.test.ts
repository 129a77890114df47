import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { listProcessesWithMount } from '../fixtures/run-processes.ts';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { defineScriptJob } from '../fixtures/deploy-workspace.ts';
import { createContainerSite, neighbourScript, type ContainerSite } from './container-site.ts';

/** Lets a script wait until the test has seen its container, which is removed with it. */
const awaitGoOn = `
import os, time
while not os.path.exists("/tmp/go-on"):
    time.sleep(0.05)
`;

const scripts = {
  // Each process starts others until a start fails.
  bomb: `
import os
while True:
    os.fork()
`,
  // The same, but it keeps trying after failures.
  stubbornBomb: `
import os, time
print("is there", flush=True)
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
`,
  eater: `
print("is hungry", flush=True)
eaten = []
while True:
    eaten.append(bytearray(16 * 1024 * 1024))
`,
  // Handles its grandchild's failure itself.
  coper: `
import subprocess, sys
eat = "eaten = []\\nwhile True: eaten.append(bytearray(16 * 1024 * 1024))"
between = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {eat!r}]).returncode != -9)"
print("the grandchild was killed:", subprocess.run([sys.executable, "-c", between]).returncode == 0)
`,
  giverUp: `
import subprocess, sys
eat = "eaten = []\\nwhile True: eaten.append(bytearray(16 * 1024 * 1024))"
subprocess.run([sys.executable, "-c", eat], check=True)
`,
  // Files in memory belong to no process: the kernel finds none whose end would free memory, and kills all of
  // them, including the bootstrap.
  flooder: `${awaitGoOn}
print("fills the memory", flush=True)
flood = "dd if=/dev/zero of=/tmp/flood bs=1M & dd if=/dev/zero of=/dev/shm/flood bs=1M & wait; exec sleep 1000"
if os.fork() == 0:
    os.setsid()
    os.execv("/bin/sh", ["sh", "-c", flood])
os.execv("/bin/sleep", ["sleep", "1000"])
`,
  deaf: `
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("is deaf", flush=True)
while True:
    time.sleep(1)
`,
  daemon: `${awaitGoOn}
import sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(1)
    os._exit(0)
os.wait()
print("has left something behind", flush=True)
sys.exit(7)
`,
};

const jobs = [...Object.keys(scripts), 'neighbour'].map((name) => ({
  ...defineScriptJob(name),
  execute: { concurrency: null, timeout: { timeout: 600, grace_period: 1 } },
}));

describe.each(await findInstalledEngines())('with %s, a script', (kind) => {
  let engine: TestEngine;
  let site: ContainerSite;
  let workspace: ApiWorkspace;

  beforeAll(async () => {
    engine = await startTestEngine(kind);
    site = await createContainerSite(engine);
    workspace = await site.deployScripts('bad-code', { ...scripts, ...neighbourScript }, { jobs });
    expect(await neighbour()).toMatchObject({ status: 'completed' });
  });
  afterAll(async () => {
    await site.close();
    await engine.close();
  });

  const neighbour = () => site.run(workspace, 'neighbour');
  /** The volume with the files of a run, which only the processes of its container have mounted. */
  const volumeOf = async (runId: string) => {
    const format = '{{range .Mounts}}{{if eq .Destination "/attempt"}}{{.Name}}{{end}}{{end}}';
    return engine.call(['inspect', '--format', format, await site.findContainer(runId)]);
  };
  const goOn = async (runId: string) =>
    engine.call(['exec', await site.findContainer(runId), 'touch', '/tmp/go-on']);
  const listProcesses = (volume: string) => listProcessesWithMount(`/${volume}/_data`);

  /** Exit code of the first process of a container that may be gone. */
  async function readExitCode(container: string): Promise<string> {
    const choice = ['--since', '1h', '--filter', `container=${container}`];
    return kind === 'podman'
      ? engine.call([
          'events',
          ...choice,
          '--stream=false',
          '--filter',
          'event=died',
          '--format',
          '{{.ContainerExitCode}}',
        ])
      : engine.call([
          'events',
          ...choice,
          '--until',
          '0s',
          '--filter',
          'event=die',
          '--format',
          '{{index .Actor.Attributes "exitCode"}}',
        ]);
  }

  it('that is a fork bomb fails for its process limit', async () => {
    const ended = await site.run(workspace, 'bomb');
    expect(ended.status).toBe('failed');
    expect(ended.lastLine).toMatch(
      /^Pumphouse: Failed \(process_limit\): The run reached its limit of processes .*Start fewer/,
    );
    await site.awaitNothingLeft();
  });

  it('that is an endless fork bomb can be cancelled, and another run completes meanwhile', async () => {
    const id = await site.start(workspace, 'stubbornBomb');
    await workspace.awaitLine(id, 'is there');
    expect(await neighbour()).toMatchObject({ status: 'completed', output: 'is well' });
    const volume = await volumeOf(id);
    expect(await listProcesses(volume)).not.toEqual([]);
    await site.cancel(workspace, id);
    expect(await site.awaitEnd(workspace, id)).toMatchObject({ status: 'cancelled' });
    await site.awaitNothingLeft();
    expect(await listProcesses(volume)).toEqual([]);
  });

  it('that uses too much memory fails for its limit, and keeps its output', async () => {
    const ended = await site.run(workspace, 'eater');
    expect(ended).toMatchObject({ status: 'failed', output: 'is hungry' });
    expect(ended.lastLine).toMatch(
      /^Pumphouse: Failed \(out_of_memory\): The run was killed at 512 MiB .*smaller pieces/,
    );
    await site.awaitNothingLeft();
  });

  it('whose grandchild uses too much memory decides itself how to end', async () => {
    expect(await site.run(workspace, 'coper')).toMatchObject({
      status: 'completed',
      output: 'the grandchild was killed: True',
    });
    const ended = await site.run(workspace, 'giverUp');
    expect(ended.status).toBe('failed');
    expect(ended.lastLine).toMatch(/^Pumphouse: Failed \(out_of_memory\): /);
    await site.awaitNothingLeft();
  });

  it('that fills the memory of the whole container, including the bootstrap, fails for its limit', async () => {
    const id = await site.start(workspace, 'flooder');
    const container = await site.findContainer(id);
    await goOn(id);
    const ended = await site.awaitEnd(workspace, id);
    expect(ended.status).toBe('failed');
    expect(ended.output).toMatch(/^fills the memory/);
    expect(ended.lastLine).toMatch(/^Pumphouse: Failed \(out_of_memory\): The run was killed at 512 MiB /);
    expect(await readExitCode(container)).toBe('137');
    expect(await neighbour()).toMatchObject({ status: 'completed', output: 'is well' });
    await site.awaitNothingLeft();
  });

  it('that ignores SIGTERM is cancelled after its grace period', async () => {
    const id = await site.start(workspace, 'deaf');
    await workspace.awaitLine(id, 'is deaf');
    await site.cancel(workspace, id);
    expect(await site.awaitEnd(workspace, id)).toMatchObject({ status: 'cancelled', output: 'is deaf' });
    await site.awaitNothingLeft();
  });

  it('that leaves a daemon ends with its own exit code, and the daemon ends too', async () => {
    const id = await site.start(workspace, 'daemon');
    const volume = await volumeOf(id);
    await goOn(id);
    const ended = await site.awaitEnd(workspace, id);
    expect(ended).toMatchObject({ status: 'failed', output: 'has left something behind' });
    expect(ended.lastLine).toMatch(/^Pumphouse: Failed \(exit_code\): The run ended with exit code 7\. /);
    expect(ended.remarks).toContain('Orphaned processes of the run were ended: 1.');
    await site.awaitNothingLeft();
    expect(await listProcesses(volume)).toEqual([]);
  });
});
