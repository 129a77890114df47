import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLocalPlayground, PlaygroundError, type Playground } from './playground.ts';
import { createGrantPlayground } from './grant-playground.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());

async function grant(playground: Playground | null) {
  const context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a')]);
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  const grantPlayground = createGrantPlayground({ ...fixture, playground });
  const granted = await grantPlayground(run, id);
  return { granted, lines: (await context.readLog(run.id)).map(({ content }) => content) };
}

const nothing = { variables: {}, maskedValues: [] };

it('sets nothing without a playground, or for a workspace that has none', async () => {
  expect(await grant(null)).toEqual({ granted: nothing, lines: [] });
  const empty = { grant: async () => null, check: async () => undefined };
  expect(await grant(empty)).toEqual({ granted: nothing, lines: [] });
});

it('sets the destination of dlt to local data', async () => {
  const { granted } = await grant(createLocalPlayground());
  expect(granted.variables).toEqual({
    DESTINATION__PLAYGROUND__DESTINATION_TYPE: 'filesystem',
    DESTINATION__PLAYGROUND__BUCKET_URL: 'playground',
  });
});

it('lets a run start without it while its store is away, and says so in the log', async () => {
  const away = new PlaygroundError('playground_unavailable', 'http://sts does not answer.');
  const { granted, lines } = await grant({
    grant: () => Promise.reject(away),
    check: async () => undefined,
  });
  expect(granted).toEqual(nothing);
  expect(lines).toEqual([
    expect.stringMatching(/^The destination "playground" is not available .*playground_unavailable/),
  ]);
});
