/**
 * `npm run load:pods`: what an attempt as a pod costs the server, from its start to the removal of its pod, for
 * 10,000 pods that pretend to run. Exits with code 1 if one is left. See docs/operate/scale.md.
 */
import type { AttemptSpec } from '@pumphouse/server/executors/contract/attempt-runner.ts';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createKubernetesExecutor } from '@pumphouse/server/executors/kubernetes/kubernetes-executor.ts';
import { noPodPatches } from '@pumphouse/server/executors/kubernetes/patch-pod.ts';

const { values } = parseArgs({ options: { pods: { type: 'string', default: '10000' } } });
const podCount = Number(values.pods);
const installationId = randomUUID();
const atOnce = 200;
const lookEveryMs = 500;

interface Started {
  kubeconfig: string;
  image: string;
  volumeClaim: string;
}

const child = fork(fileURLToPath(new URL('pods-cluster.ts', import.meta.url)));
const folder = await mkdtemp(join(tmpdir(), 'pumphouse-load-pods-'));
try {
  const [started] = (await once(child, 'message')) as [Started];
  const left = await measure(started);
  process.exitCode = left === 0 ? 0 : 1;
} finally {
  child.disconnect();
  await once(child, 'exit');
  await rm(folder, { recursive: true, force: true });
}

/** @returns the number of attempts that are left */
async function measure({ kubeconfig, image, volumeClaim }: Started): Promise<number> {
  const path = join(folder, 'kubeconfig.json');
  await writeFile(path, kubeconfig);
  const executor = createKubernetesExecutor({
    connection: { kind: 'file', path },
    namespace: null,
    installationId,
    image,
    volumeClaim,
    bootstrapDir: fileURLToPath(new URL('../../python/pumphouse_bootstrap', import.meta.url)),
    buildLimits: { memoryBytes: 1024 ** 3, cpus: 0.5, processes: null },
    patches: noPodPatches,
    network: { server: { networks: ['127.0.0.1/32'] }, openNetworks: [], egress: true, attemptsPort: 8081 },
    pendingMinutes: 5,
    maxPendingPods: atOnce,
  });
  const ends = new Map<string, number>();
  const before = process.cpuUsage();
  const since = performance.now();
  let next = 0;
  async function work(): Promise<void> {
    while (next < podCount) {
      next += 1;
      const handle = await executor.start(describeAttempt());
      for (;;) {
        const found = await executor.inspect(handle);
        if (found.state === 'running' || found.state === 'unknown') {
          await delay(lookEveryMs);
          continue;
        }
        const end = found.state === 'exited' ? `exit ${found.exit.code}` : found.state;
        ends.set(end, (ends.get(end) ?? 0) + 1);
        break;
      }
      await executor.remove(handle);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  const seconds = (performance.now() - since) / 1000;
  const { user, system } = process.cpuUsage(before);
  const left = (await executor.list()).length;
  process.stdout.write(
    `${podCount} pods, ${atOnce} at once, in ${seconds.toFixed(0)} s (${(podCount / seconds).toFixed(0)} a second): ` +
      `${((user + system) / 1000 / podCount).toFixed(1)} ms of the server for each, ` +
      `ends: ${JSON.stringify(Object.fromEntries(ends))}, left: ${left}, ` +
      `memory: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB\n`,
  );
  return left;
}

function describeAttempt(): AttemptSpec {
  return {
    attemptId: randomUUID(),
    jobRunId: randomUUID(),
    installationId,
    claimNumber: 1,
    attemptsUrl: 'http://127.0.0.1:8081',
    bootstrapSecret: 'none',
    environment: { executor: 'kubernetes', path: 'load-00000000-3.13-60910' },
    workFolderName: 'load',
    localData: null,
    uid: 60_910,
    limits: { memoryBytes: 256 * 1024 ** 2, cpus: 0.1, processes: 64 },
    instanceSize: 'small',
    graceSeconds: 5,
    timeoutSeconds: null,
    network: 'outgoing',
  };
}
