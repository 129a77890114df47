import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../fixtures/eventually.ts';

const controller = '/sys/fs/cgroup/memory';
/** For the program that fills the container's memory to start in. */
const spareBytes = 32 * 2 ** 20;

/**
 * Fills the memory of a container until the kernel kills its processes.
 * @param nodeCgroup the parent of the cgroups of all containers on the node
 */
export async function killContainerForMemory(nodeCgroup: string, container: string): Promise<void> {
  const cgroup = await findCgroup(join(controller, nodeCgroup), container);
  if (cgroup === null) throw new Error(`Container ${container} has no control group any more.`);
  const usedBytes = Number(await readFile(join(cgroup, 'memory.usage_in_bytes'), 'utf8'));
  const limitBytes = Number(await readFile(join(cgroup, 'memory.limit_in_bytes'), 'utf8'));
  const newLimitBytes = Math.min(limitBytes, usedBytes + spareBytes);
  await writeFile(join(cgroup, 'memory.limit_in_bytes'), String(newLimitBytes));
  const first = await findFirstProcess(cgroup);
  // It must not start processes that the kernel kills in its place.
  process.kill(first, 'SIGSTOP');
  await writeFile(`/proc/${first}/oom_score_adj`, '1000');
  await eventually('the kernel killed the container', async () => {
    await fillMemory(cgroup);
    return !(await listProcesses(cgroup)).includes(first);
  });
}

/**
 * Takes memory in the control group until the kernel kills something in it. Several processes share the memory,
 * because the kernel adds the limit to the size of the container's first process and then kills the largest.
 */
async function fillMemory(cgroup: string): Promise<void> {
  const take = `(echo 0 > '${cgroup}/cgroup.procs'; exec tail /dev/zero) &`;
  const script = `${take} ${take} ${take} ${take} exec cat`;
  const before = await countKills(cgroup);
  const filler = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const ended = once(filler, 'exit');
  try {
    await eventually('the kernel killed a process', async () => (await countKills(cgroup)) > before);
  } finally {
    process.kill(-(filler.pid ?? 0), 'SIGKILL');
    await ended;
  }
}

async function listProcesses(cgroup: string): Promise<number[]> {
  const pids = await readFile(join(cgroup, 'cgroup.procs'), 'utf8').catch(() => '');
  return pids.split('\n').filter(Boolean).map(Number);
}

/** The process whose end ends the container. */
async function findFirstProcess(cgroup: string): Promise<number> {
  for (const pid of await listProcesses(cgroup)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    if (/^NSpid:.*\t1$/m.test(status)) return pid;
  }
  throw new Error(`No process in ${cgroup} is the first one of its container.`);
}

/** @returns Infinity once the container is gone */
async function countKills(cgroup: string): Promise<number> {
  const control = await readFile(join(cgroup, 'memory.oom_control'), 'utf8').catch(() => '');
  return Number(/^oom_kill (\d+)$/m.exec(control)?.[1] ?? Infinity);
}

async function findCgroup(folder: string, name: string): Promise<string | null> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const path = join(folder, entry.name);
    const found = entry.name === name ? path : await findCgroup(path, name);
    if (found !== null) return found;
  }
  return null;
}
