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
  const pids = (await readFile(join(cgroup, 'cgroup.procs'), 'utf8')).trim().split('\n');
  // The kernel kills the container's processes before the one that takes the memory.
  for (const pid of pids) await writeFile(`/proc/${pid}/oom_score_adj`, '1000');
  const fill = `echo $$ > '${cgroup}/cgroup.procs'; exec tail /dev/zero`;
  const filler = spawn('sh', ['-c', fill], { stdio: 'ignore' });
  const ended = once(filler, 'exit');
  try {
    await eventually('the kernel killed the container', async () => {
      const left = (await readFile(join(cgroup, 'cgroup.procs'), 'utf8').catch(() => '')).trim().split('\n');
      return !pids.some((pid) => left.includes(pid));
    });
  } finally {
    filler.kill('SIGKILL');
    await ended;
  }
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
