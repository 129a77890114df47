import { describe } from 'vitest';
import type { TestCluster } from './cluster.ts';
import { describeAccess } from './suite/access.ts';
import { describeDeletion } from './suite/deletion.ts';
import { describeDisruptions } from './suite/disruptions.ts';
import { describeLists } from './suite/lists.ts';
import { describeObjects } from './suite/objects.ts';
import { describePatches } from './suite/patches.ts';
import { openSuite } from './suite/open-suite.ts';
import { describeWatches } from './suite/watches.ts';

/** Describes how the API of a cluster behaves, as far as the executor relies on it. */
export function describeApiBehaviour(start: () => Promise<TestCluster>): void {
  describe('the API of a cluster', () => {
    const get = openSuite(start);
    describeObjects(get);
    describeAccess(get);
    describeLists(get);
    describeWatches(get);
    describeDeletion(get);
    describePatches(get);
    describeDisruptions(get);
  });
}
