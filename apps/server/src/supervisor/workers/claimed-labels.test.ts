import type { ServiceFixture } from '../../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { createServiceFixture } from '../../services/testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../../services/testing/workspace-fixture.ts';
import { matchesLabels, type Labels } from '../../domain/workers/labels.ts';

const labels = fc.dictionary(fc.constantFrom('gpu', 'zone'), fc.constantFrom('a', 'b', ''));
/** Every combination of labels that a job can require here. */
const required: Labels[] = [undefined, 'a', 'b', ''].flatMap((gpu) =>
  [undefined, 'a', ''].map((zone) => ({
    ...(gpu === undefined ? {} : { gpu }),
    ...(zone === undefined ? {} : { zone }),
  })),
);

let fixture: ServiceFixture;
let context: WorkspaceFixture;
const labelsOf = new Map<string, Labels>();

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll(
    required.map((one, n) => ({ ...defineJob(`jobs.j${n}`), require: { instance: { labels: one } } })),
  );
  for (const [n, one] of required.entries()) labelsOf.set((await context.startRun(`jobs.j${n}`)).id, one);
});
afterAll(() => fixture.close());

it('a supervisor may claim exactly the runs whose labels it has, in its organization', async () => {
  await fc.assert(
    fc.asyncProperty(labels, fc.constantFrom('all', 'own', 'other'), async (has, organization) => {
      const own = (await fixture.store.workspaces.get(context.workspaceId))?.organizationId ?? '';
      const ids = { all: null, own, other: '00000000-0000-4000-8000-000000000000' };
      const scope = { labels: has, organizationId: ids[organization] };
      const rows = await fixture.store.claims.listClaimable(false, 100, scope);
      const expected = [...labelsOf].filter(([, one]) => organization !== 'other' && matchesLabels(has, one));
      expect(new Set(rows.map(({ jobRunId }) => jobRunId))).toEqual(new Set(expected.map(([id]) => id)));
    }),
    { seed: propertySeed, numRuns: caseCount(100) },
  );
});
