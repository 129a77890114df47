import type { AlertMessage } from '../../../domain/alerts/alert-message.ts';
import type { ServiceFixture } from '../../../services/testing/service-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { createServiceFixture } from '../../../services/testing/service-fixture.ts';
import { createWorkspaceFixture } from '../../../services/testing/workspace-fixture.ts';
import { enqueueAlert } from '../../../services/alerts/enqueue-alert.ts';
import { fromNow } from '../../../../../../testing/fixtures/relative-times.ts';
import { setColumns } from '../testing/set-columns.ts';

let fixture: ServiceFixture;
let workspaceId: string;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  ({ workspaceId } = await createWorkspaceFixture(fixture));
});
afterEach(() => fixture.database.execute('delete from alert_channels'));

const limits = { limit: 100, perTarget: 100, perWorkspace: 100, leaseSeconds: 60 };

async function addChannel(of = workspaceId): Promise<string> {
  const id = randomUUID();
  await fixture.store.alertChannels.insert({
    id,
    workspaceId: of,
    name: `Channel ${id}`,
    kind: 'email',
    settings: {},
    sealedTarget: null,
    sealedSigningSecret: null,
    createdBy: null,
  });
  return id;
}

function enqueue(
  channelIds: readonly string[],
  kind: AlertMessage['kind'],
  { incidentId = 'i1', notBefore = null as Date | null, of = workspaceId } = {},
) {
  const message: AlertMessage = {
    kind,
    incidentId,
    severity: 'warning',
    workspace: { id: of, name: 'W' },
    title: 'jobs.m.a failed',
    details: [],
    facts: [],
    links: [],
    occurredAt: '2026-03-10T12:30:00.000Z',
  };
  return fixture.persistence.transaction((tx) =>
    enqueueAlert(tx, { workspaceId: of, channelIds, channelKinds: null, message, notBefore }),
  );
}

/** The kinds of claimed messages. */
async function claimKinds(changes: Partial<typeof limits> = {}): Promise<string[]> {
  const claimed = await fixture.store.alertDeliveries.claim({ ...limits, ...changes });
  const records = await Promise.all(
    claimed.map(({ id, workspaceId: of }) => fixture.store.alertDeliveries.get(of, id)),
  );
  return records.map((record) => record?.message.kind ?? 'gone').toSorted();
}

it('claims a message for each channel of the workspace once, until its lease ends', async () => {
  const other = await createWorkspaceFixture(fixture);
  await enqueue([await addChannel(), await addChannel(), await addChannel(other.workspaceId)], 'opened');
  expect(await claimKinds()).toEqual(['opened', 'opened']);
  expect(await claimKinds()).toEqual([]);
  await setColumns(fixture.database, 'alert_deliveries', { takenUntil: new Date(0) });
  expect(await claimKinds()).toEqual(['opened', 'opened']);
});

it('adds nothing when the transaction of the caller fails', async () => {
  const channelId = await addChannel();
  const failing = fixture.persistence.transaction(async (tx) => {
    await tx.alertDeliveries.add({
      workspaceId,
      channelIds: [channelId],
      channelKinds: null,
      message: { kind: 'opened', incidentId: 'i' } as AlertMessage,
      notBefore: null,
      giveUpHours: 1,
    });
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  expect(await claimKinds()).toEqual([]);
});

it('keeps the order of an incident, and claims other incidents meanwhile', async () => {
  const channelId = await addChannel();
  await enqueue([channelId], 'opened');
  await enqueue([channelId], 'resolved');
  await enqueue([channelId], 'opened', { incidentId: 'i2' });
  expect(await claimKinds()).toEqual(['opened', 'opened']);
  const { rows } = await fixture.store.alertDeliveries.list(workspaceId, {}).read({ limit: 9, offset: 0 });
  for (const { id, attempts, isSending } of rows)
    if (isSending)
      await fixture.store.alertDeliveries.finish({ id, attempts }, 'delivered', {
        reason: null,
        responseCode: 200,
        answer: '',
      });
  expect(await claimKinds()).toEqual(['resolved']);
});

it('claims nothing before its time, of a disabled channel, or of a channel that is paused', async () => {
  const [later, disabled, paused] = [await addChannel(), await addChannel(), await addChannel()];
  await enqueue([later], 'opened', { notBefore: fromNow({ hours: 1 }) });
  await enqueue([disabled, paused], 'opened');
  await fixture.store.alertChannels.noteRejected(disabled, 1);
  await fixture.store.alertChannels.pause(paused, 60);
  expect(await claimKinds()).toEqual([]);
  await enqueue([disabled], 'opened', { incidentId: 'i2' });
  const { rows } = await fixture.store.alertDeliveries
    .list(workspaceId, { channelId: disabled, statuses: ['dropped'] })
    .read({ limit: 9, offset: 0 });
  expect(rows).toMatchObject([{ incidentId: 'i2', reason: 'channel_disabled' }]);
});

it('limits what all servers send to a channel and for a workspace at a time', async () => {
  const channels = [await addChannel(), await addChannel()];
  const other = await createWorkspaceFixture(fixture);
  for (const incidentId of ['1', '2', '3']) await enqueue(channels, 'opened', { incidentId });
  await enqueue([await addChannel(other.workspaceId)], 'opened', { of: other.workspaceId });
  expect(await claimKinds({ perTarget: 2, perWorkspace: 3 })).toHaveLength(4);
  expect(await claimKinds({ perTarget: 2, perWorkspace: 3 })).toHaveLength(0);
  expect(await claimKinds({ perTarget: 2, perWorkspace: 9 })).toHaveLength(1);
});

it('gives each message to one of several servers that claim at the same time', async () => {
  const channels = await Promise.all(Array.from({ length: 5 }, () => addChannel()));
  for (let index = 0; index < 20; index += 1) await enqueue(channels, 'opened', { incidentId: `${index}` });
  const claimed: string[] = [];
  while (claimed.length < 100) {
    const rounds = await Promise.all(
      Array.from({ length: 4 }, () => fixture.store.alertDeliveries.claim({ ...limits, limit: 7 })),
    );
    claimed.push(...rounds.flat().map(({ id }) => id));
  }
  expect(new Set(claimed).size).toBe(100);
  expect(claimed).toHaveLength(100);
});

it('does not let a server that lost its lease end a message as failed, but counts its delivery', async () => {
  const channelId = await addChannel();
  await enqueue([channelId], 'opened');
  const [first] = await fixture.store.alertDeliveries.claim(limits);
  await setColumns(fixture.database, 'alert_deliveries', { takenUntil: new Date(0) });
  await fixture.store.alertDeliveries.claim(limits);
  const result = { reason: 'timeout', responseCode: null, answer: null };
  const lost = { id: first?.id ?? '', attempts: first?.attempts ?? 0 };
  expect(await fixture.store.alertDeliveries.finish(lost, 'failed', result)).toBe(false);
  expect(await fixture.store.alertDeliveries.finish(lost, 'delivered', result)).toBe(true);
});
