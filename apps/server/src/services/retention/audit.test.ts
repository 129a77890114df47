import type { RetentionFixture } from '../testing/retention-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createWorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createRetentionFixture } from '../testing/retention-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { defaultRetention, parseRetention } from '../../domain/retention/retention-limits.ts';

let fixture: ServiceFixture;
let kept: RetentionFixture;

beforeEach(async () => {
  fixture = await createServiceFixture();
  kept = createRetentionFixture(fixture, await createWorkspaceFixture(fixture), createFakeExecutor());
});
afterEach(() => fixture.close());

const addEntries = (count: number, days: number) =>
  fixture.database.execute(
    `insert into audit_log (at, actor_kind, action, target_kind)
     select now() - make_interval(days => $2), 'server', 'test.keep', 'test' from generate_series(1, $1::int)`,
    [count, days],
  );

it('keeps audit entries for 400 days, and removes older ones in small steps', async () => {
  await addEntries(450, 401);
  await addEntries(3, 399);
  const report = (await kept.retention.report(parseRetention(defaultRetention))).find(
    ({ kind }) => kind === 'audit',
  );
  expect(report).toMatchObject({ count: 453, next: { count: 450 } });
  const rounds = await Promise.all([kept.purge('audit=400d'), kept.purge('audit=400d')]);
  expect(rounds.map(({ audit }) => audit?.count ?? 0).reduce((a, b) => a + b)).toBe(450);
  expect(await kept.countRows('audit_log')).toBe(3);
});
