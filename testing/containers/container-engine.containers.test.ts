import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { EngineKind } from '../../deploy/images/engine-command.ts';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { runnerImageName } from '../fixtures/engine-images.ts';
import { eventually } from '../fixtures/eventually.ts';

const run = promisify(execFile);
const engines = await findInstalledEngines();
const image = runnerImageName('3.13');

/** Traces of an engine on this machine, all of which must disappear with it. */
async function findTraces(engine: Pick<TestEngine, 'url' | 'root' | 'addressPrefix'>, containerId: string) {
  const { stdout: links } = await run('ip', ['-brief', '-4', 'address']);
  const mounts = await readFile('/proc/mounts', 'utf8');
  const { stdout: rules } = await run('sh', ['-c', 'nft list ruleset; iptables-save || true']);
  const { stdout: cgroups } = await run('find', ['/sys/fs/cgroup', '-name', `*${containerId}*`]);
  const { stdout: processes } = await run('ps', ['-eo', 'args']);
  const folder = dirname(new URL(engine.url).pathname);
  const linesWith = (text: string, part: string) => text.split('\n').filter((line) => line.includes(part));
  return {
    links: linesWith(links, engine.addressPrefix),
    // The names of a network's chains contain its address too, with _ for the dots.
    rules: linesWith(rules.replaceAll('_', '.'), engine.addressPrefix),
    mounts: [...linesWith(mounts, folder), ...linesWith(mounts, engine.root)],
    cgroups: cgroups.split('\n').filter(Boolean),
    processes: linesWith(processes, folder),
    folders: (await readdir(tmpdir())).filter((name) => name === basename(folder)),
  };
}

const noTraces = { links: [], rules: [], mounts: [], cgroups: [], processes: [], folders: [] };

async function startSleeper(engine: TestEngine): Promise<string> {
  await engine.call(['network', 'create', 'between']);
  return engine.call([
    'run',
    '--detach',
    '--network',
    'between',
    '--volume',
    'kept:/attempt',
    image,
    'sleep',
    '1000',
  ]);
}

const isRunning = async (engine: TestEngine, id: string) =>
  (await engine.call(['inspect', '--format', '{{.State.Running}}', id])) === 'true';

describe.each(engines)('a test engine of %s', (kind) => {
  it('leaves nothing on the machine, whatever was still running in it', async () => {
    const engine = await startTestEngine(kind);
    const id = await startSleeper(engine);
    const { links, rules, cgroups, processes, folders } = await findTraces(engine, id);
    for (const found of [links, rules, cgroups, processes, folders]) expect(found).not.toEqual([]);
    await engine.close();
    expect(await findTraces(engine, id)).toEqual(noTraces);
  });

  it('leaves nothing when it is closed after being killed', async () => {
    const engine = await startTestEngine(kind);
    const id = await startSleeper(engine);
    await engine.kill();
    await engine.close();
    expect(await findTraces(engine, id)).toEqual(noTraces);
    const next = await startTestEngine(kind);
    try {
      expect(await next.call(['ps', '--all', '--quiet'])).toBe('');
      expect(await next.call(['volume', 'ls', '--quiet'])).toBe('');
    } finally {
      await next.close();
    }
  });

  it('ends with the process that started it, and its remains are removed when the next one starts', async () => {
    const dead = await startInDyingProcess(kind);
    await eventually('the engine and its containers were gone', async () => {
      const { processes, mounts } = await findTraces(dead, dead.containerId);
      return processes.length === 0 && mounts.length === 0;
    });
    expect((await findTraces(dead, dead.containerId)).rules).not.toEqual([]);
    const next = await startTestEngine(kind);
    expect(next.addressPrefix).toBe(dead.addressPrefix);
    await next.close();
    expect(await findTraces(dead, dead.containerId)).toEqual(noTraces);
  });

  it('responds after being killed and restarted, and knows its containers', async () => {
    const engine = await startTestEngine(kind);
    try {
      const id = await startSleeper(engine);
      await engine.kill();
      expect(await ping(engine)).toBe('no answer');
      await engine.start();
      expect(await ping(engine)).toBe('200');
      // Docker stops containers at its start that ran without it.
      expect(await isRunning(engine, id)).toBe(kind === 'podman');
      await engine.stop();
      expect(await ping(engine)).toBe('no answer');
      await engine.start();
      expect(await engine.call(['ps', '--all', '--quiet', '--no-trunc'])).toBe(id);
    } finally {
      await engine.close();
    }
  });

  it("with its own disk cannot see this process's files, nor this process its storage", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'host-files-'));
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'secret.txt'), 'of the host');
    const mount = `type=bind,source=${folder},target=/attempt`;
    const look = ['run', '--rm', '--mount', mount, image, 'ls', '/attempt'];
    const near = await startTestEngine(kind);
    try {
      expect(await near.call(look)).toBe('secret.txt');
    } finally {
      await near.close();
    }
    const far = await startTestEngine(kind, { ownDisk: true });
    try {
      await expect(far.call(look)).rejects.toThrow(/no such file|does not exist/i);
      await expect(readdir(far.root)).rejects.toThrow(/ENOENT/);
      expect(await far.call(['run', '--rm', image, 'cat', '/etc/hostname'])).not.toBe('');
    } finally {
      await far.close();
      await rm(folder, { recursive: true });
    }
  });
});

it.runIf(engines.includes('podman'))('two concurrent engines use different addresses', async () => {
  const [first, second] = await Promise.all([startTestEngine('podman'), startTestEngine('podman')]);
  try {
    const subnets = await Promise.all(
      [first, second].map(async (engine) => {
        await engine.call(['network', 'create', 'between']);
        const format = '{{range .Subnets}}{{.Subnet}}{{end}}';
        return engine.call(['network', 'inspect', '--format', format, 'between']);
      }),
    );
    expect(subnets[0]).toMatch(/^10\.\d+\.\d+\.0\/24$/);
    expect(subnets[0]?.split('.')[1]).not.toBe(subnets[1]?.split('.')[1]);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
});

/** An engine with a container, started by a process that is then killed. */
async function startInDyingProcess(kind: EngineKind) {
  const script = `
    import { startTestEngine } from '${import.meta.resolve('../fixtures/container-engine.ts')}';
    const { url, root, addressPrefix, call } = await startTestEngine('${kind}');
    await call(['network', 'create', 'between']);
    const options = ['--detach', '--network', 'between', '--publish', '127.0.0.1::80'];
    const containerId = await call(['run', ...options, '${image}', 'sleep', '1000']);
    console.log(JSON.stringify({ url, root, addressPrefix, containerId }));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  return JSON.parse(line.toString()) as { containerId: string } & Pick<
    TestEngine,
    'url' | 'root' | 'addressPrefix'
  >;
}

function ping(engine: TestEngine): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ socketPath: engine.url.replace('unix://', ''), path: '/_ping' }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    call.on('error', () => resolve('no answer'));
    call.end();
  });
}
