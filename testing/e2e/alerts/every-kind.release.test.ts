/** Each kind of alert rule, caused by real runs of dlt and delivered to a receiver of each kind. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alertKind } from '@pumphouse/contract';
import { openAlertSite, type AlertSite } from './alert-site.ts';
import { configuration, describeDataKinds, scripts as dataScripts } from './data-kinds.ts';
import { describeLimitKinds } from './limit-kinds.ts';
import { describeRunKinds, scripts as runScripts } from './run-kinds.ts';
import { describeWaitingKinds, scripts as waitingScripts } from './waiting-kinds.ts';

// The tests of this file are one sequence on one server: a run takes longer than usual while others fail and load.

const site = {} as AlertSite;

beforeAll(async () => {
  const scripts = { ...runScripts, ...dataScripts, ...waitingScripts };
  const variables = { PUMPHOUSE_MAX_ACTIVE_RUNS: '2', PUMPHOUSE_RETENTION: 'traces=1MB' };
  Object.assign(site, await openAlertSite({ scripts, configuration, variables }));
});
afterAll(() => site.remove());

describeWaitingKinds.begin(site);
describeRunKinds(site);
describeDataKinds(site);
describeWaitingKinds(site);
describeLimitKinds(site);

it('every kind was caused, and no message was sent twice', () => {
  const rules = site.inboxes.readWebhooks().flatMap(({ type, data }) => {
    const rule = data.facts.find(({ label }) => label === 'Rule')?.value ?? '';
    return type === 'alert.opened' ? rule : [];
  });
  expect([...new Set(rules)].toSorted()).toEqual(
    alertKind.options.map((kind) => `rule ${kind.replaceAll('_', ' ')}`).toSorted(),
  );
  const sent = site.inboxes.readWebhooks().map(({ type, data }) => `${type} ${data.incident_id}`);
  expect(sent.toSorted()).toEqual([...new Set(sent)].toSorted());
});
