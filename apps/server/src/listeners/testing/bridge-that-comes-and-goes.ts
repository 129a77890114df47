/**
 * Runs in its own network namespace (`unshare -rn`): a listener for runs on the gateway of a bridge that
 * exists only while a container is attached, like Podman's. Prints the results of all calls as one JSON
 * document.
 */
import { execFileSync, spawn } from 'node:child_process';
import { fastify } from 'fastify';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { createRunsListener } from '../runs-listener.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';

const gateway = '10.89.77.1';
const port = 8081;
const handle = { executor: 'test', version: 1, data: {} };
const ip = (args: string) => execFileSync('ip', args.split(' '), { stdio: 'ignore' });

/** Simulates Podman when a container starts, and when the last one is gone. */
async function attachContainer() {
  const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const inside = ['-t', String(holder.pid), '-n'];
  ip('link add bridge0 type bridge');
  ip('link add outer type veth peer name inner');
  ip('link set outer master bridge0 up');
  ip(`addr add ${gateway}/24 dev bridge0`);
  ip('link set bridge0 up');
  ip(`link set inner netns ${holder.pid}`);
  for (const args of ['addr add 10.89.77.2/24 dev inner', 'link set inner up'])
    execFileSync('nsenter', [...inside, 'ip', ...args.split(' ')]);
  return {
    /** The status that the container gets from the server, or null. */
    async call(): Promise<string | null> {
      const script = `const r = await fetch('http://${gateway}:${port}/healthz'); process.stdout.write(String(r.status));`;
      const child = spawn('nsenter', [...inside, process.execPath, '--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let out = '';
      child.stdout.on('data', (data: Buffer) => (out += data.toString()));
      await once(child, 'close');
      return out || null;
    },
    async detach() {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      ip('link del bridge0');
      // Either the kernel removes the pair with its namespace, or this call does.
      await eventually('the pair is gone', () => {
        try {
          ip('link del outer');
        } catch {
          return true;
        }
        return false;
      });
    },
  };
}

let built = 0;
let isContainerRunning = false;
ip('link set lo up');
const listener = createRunsListener({
  settings: { host: null, port, url: null, engineUrl: 'unix:///engine.sock' },
  findGateway: async () => gateway,
  inspect: async () => (isContainerRunning ? { state: 'running' } : { state: 'missing' }),
  buildApi() {
    built += 1;
    const api = fastify();
    api.get('/healthz', async () => ({ status: 'ok' }));
    return api;
  },
  closeApi: (api) => api.close(),
  log: { info: () => undefined, warn: () => undefined },
});

async function look() {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return {
    found: await listener.find(),
    problem: await listener.findProblem(),
    isThere: addresses.some(({ address }) => address === gateway),
  };
}

await listener.start();
const before = await look();
const first = await attachContainer();
isContainerRunning = true;
listener.noteStarted(handle);
const firstCall = await eventually('the first container reaches the server', () => first.call());
await first.detach();
isContainerRunning = false;
const between = await look();
const second = await attachContainer();
isContainerRunning = true;
const secondCall = await eventually('the second container reaches the server', () => second.call());
await second.detach();
await listener.stop();
process.stdout.write(JSON.stringify({ before, firstCall, between, secondCall, built }));
