import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import type { TestCluster } from '../../cluster.ts';
import type { ClusterFaults } from '../../cluster-faults.ts';
import type { PretendedContainer } from '../node/pretend-runtime.ts';
import { startInProcessCluster } from '../start-cluster.ts';
import { knownDifferences, notReplayed, type Place } from './known-differences.ts';
import { expectKnown, Replay, type Exchange } from './replay.ts';

const folder = join(import.meta.dirname, '..', '..', 'conversations');
const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).toSorted();

/** What the recorded containers did. */
function pretendRecorded(script: string): PretendedContainer {
  // The pod of a refused update is still starting when it is deleted, also on a slow machine.
  const startMilliseconds = script === 'true' ? 10_000 : 1;
  const short = { startMilliseconds, runMilliseconds: 20, exitCode: 0 };
  if (script.startsWith('trap')) {
    const exitCodeOnTerm = script.includes('exit 0') ? 0 : null;
    return { ...short, runMilliseconds: Infinity, exitCodeOnTerm };
  }
  if (script.includes('/dev/zero')) return { ...short, exitCode: 137, isOutOfMemory: true };
  return { ...short, exitCode: script.includes('exit 1') ? 1 : 0, log: 'hello\n' };
}

interface RecordedFault {
  isBefore: (exchange: Place) => boolean;
  cause: (faults: ClusterFaults, pod: string) => Promise<void>;
}

/** Faults that a recording had before one of its requests: by the name of its file. */
const faults: Record<string, RecordedFault> = {
  preempted: { isBefore: ({ isLast }) => isLast, cause: (faults, pod) => faults.preemptPod(pod) },
  quota: { isBefore: ({ method }) => method === 'POST', cause: (faults) => faults.fillQuota() },
  'history-expired': {
    isBefore: ({ path }) => path.includes('continue='),
    cause: (faults) => faults.expireHistory(),
  },
};

describe.skipIf(files.length === 0)(
  'the in-process API server answers as a real one did in the recording',
  () => {
    let cluster: TestCluster;
    beforeEach(async () => {
      cluster = await startInProcessCluster({
        pods: (_pod, { command = [] }) => pretendRecorded(command.at(-1) ?? ''),
        nodes: Object.fromEntries(
          ['node-1', 'node-2'].map((name) => [name, { cpu: '2', memory: '4Gi', pods: '110' }]),
        ),
        bookmarkSeconds: 1,
      });
      await cluster.faults.removeImage('localhost/pumphouse-missing:1');
    });
    afterEach(() => cluster.remove());

    it.each(files)('%s', async (file) => {
      const { name, exchanges } = JSON.parse(await readFile(join(folder, file), 'utf8')) as {
        name: string;
        exchanges: Exchange[];
      };
      const replay = new Replay(cluster);
      for (const [index, exchange] of exchanges.entries()) {
        const fault = faults[name];
        const place = { ...exchange, index, isLast: index === exchanges.length - 1 };
        if (notReplayed[name]?.isIt(place)) continue;
        if (fault?.isBefore(place)) await fault.cause(cluster.faults, replay.lastPod);
        await replay.send(exchange);
      }
      expectKnown(replay.differences, knownDifferences);
    });
  },
);
