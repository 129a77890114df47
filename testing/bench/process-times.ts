import { readdirSync, readFileSync } from 'node:fs';

/** Processor time in milliseconds. */
export interface ProcessTimes {
  own: number;
  /** Of children that have ended, with all that they had waited for. */
  endedChildren: number;
}

/** USER_HZ, which is 100 on every machine that Node runs on. */
const msPerTick = 10;

/** Zero for a process that is gone. */
export function readProcessTimes(pid: number): ProcessTimes {
  const [own = 0, system = 0, children = 0, childrenSystem = 0] = readStatFields(pid)
    .slice(11, 15)
    .map(Number);
  return { own: (own + system) * msPerTick, endedChildren: (children + childrenSystem) * msPerTick };
}

/** Lists the processes that the main thread of a process has started. */
export function listChildren(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Lists a process and all its descendants. */
export function listTree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(readStatFields(Number(name))[1]) }));
  const found = [root];
  for (const pid of found) found.push(...parents.filter((one) => one.parent === pid).map((one) => one.pid));
  return found;
}

/** Fields of /proc/<pid>/stat from the third on; empty for a process that is gone. */
function readStatFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
