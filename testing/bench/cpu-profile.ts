import { readFile, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** Profiles this process from now on, into a file; null without one. */
export async function startProfiler(file: string | undefined): Promise<{ end(): Promise<void> } | null> {
  if (file === undefined) return null;
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  return {
    async end() {
      const { profile } = await session.post('Profiler.stop');
      await writeFile(file, JSON.stringify(profile));
      session.disconnect();
    },
  };
}

/** Milliseconds of a profile: all, those without work, and those in which a function of these modules was called. */
export async function readProfile(
  file: string,
  isCounted: (url: string) => boolean,
): Promise<{ totalMs: number; idleMs: number; countedMs: number }> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `startProfiler`
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(file, 'utf8')) as CpuProfile;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const counted = new Map<number, boolean>();
  const isIn = (id: number | undefined): boolean => {
    if (id === undefined) return false;
    const known = counted.get(id);
    if (known !== undefined) return known;
    const result = isCounted(byId.get(id)?.callFrame.url ?? '') || isIn(parents.get(id));
    counted.set(id, result);
    return result;
  };
  let [totalMs, idleMs, countedMs] = [0, 0, 0];
  for (const [index, id] of samples.entries()) {
    const ms = (timeDeltas[index] ?? 0) / 1000;
    totalMs += ms;
    if (byId.get(id)?.callFrame.functionName === '(idle)') idleMs += ms;
    else if (isIn(id)) countedMs += ms;
  }
  return { totalMs, idleMs, countedMs };
}
