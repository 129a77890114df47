import type { Encryption } from '../../platform/encryption.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { identifyServer } from '../../domain/workers/supervisor-identity.ts';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ciphertextColumns } from '../../store/postgres/secret-keys/ciphertexts.ts';
import { ciphertextKinds, contextOf } from './ciphertext-contexts.ts';
import { createConfigurationArchives } from '../versions/version-archives.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createRotateKey, rotatedKinds, type RotatedKind } from './rotate-key.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { mailContext } from '../people/invitations.ts';
import { publicLinkContext } from '../apps/app-addresses.ts';
import { readBlob } from '../../blobs/read-blob.ts';
import { registerServer } from './server-keys.ts';
import { sealVariable } from '../variables/sealed-variables.ts';
import { signingSecretContext, targetContext } from '../alerts/sealed-channels.ts';
import { eventSecretContext, urlContext } from '../events/sealed-subscriptions.ts';
import { wholeWorkspace } from '../../domain/alerts/rule-scope.ts';
import { signingContext } from '../webhooks/webhooks.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { listAuditEntries } from '../testing/audit-entries.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
/** The new key, with the one of the fixture as the other. */
let next: Encryption;
/** A server that has the new key alone. */
let nextAlone: Encryption;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  const key = randomBytes(48);
  next = createEncryption({ current: key, others: [fixture.secretKey] });
  nextAlone = createEncryption(key);
});
afterEach(() => fixture.close());

function rotate(encryption = next, forgetsLost = false) {
  const { persistence, blobs, faultPoints } = fixture;
  return createRotateKey({ persistence, blobs, encryption, faultPoints, onProgress: () => undefined })({
    forgetsLost,
  });
}

async function register(encryption: Encryption) {
  const server = { id: randomUUID(), owner: 'server:there/m/b/n/7/1' };
  const registration = await registerServer(fixture.persistence, encryption, server);
  await keepLive('servers');
  return registration;
}

/** Lets servers and supervisors that are there count as running, however long the test takes. */
const keepLive = (table: 'servers' | 'supervisors') =>
  setColumns(fixture.database, table, { seenAt: fromNow({ hours: 1 }) });

const setSecret = (name: string, value: string, profile: string | null = null) =>
  context.updateVariables({ profile, deletes: [], upserts: [{ name, type: 'secret', value }] });

/** Something of each kind, all of it under the key of the fixture. */
async function fill(): Promise<void> {
  const { store, encryption } = fixture;
  await context.deployAll([
    defineJob('jobs.m.a', { execute: { concurrency: null } }),
    defineJob('jobs.m.hook', { triggers: ['webhook:orders'] }),
  ]);
  await setSecret('PASSWORD', 'of all');
  await setSecret('PASSWORD', 'of prod', 'prod');
  await context.createAttempt(await context.startRun('jobs.m.a'));
  const [webhook] = await store.webhooks.list(context.workspaceId);
  const webhookId = webhook?.id ?? '';
  await store.webhooks.setSigningSecret(
    context.workspaceId,
    webhookId,
    encryption.encrypt(Buffer.from('signing'), signingContext(webhookId)),
  );
  const { id: jobId } = await context.getJob('jobs.m.a');
  await store.apps.addPublication({
    jobId,
    secretHash: hash('link'),
    sealedSecret: encryption.encrypt(Buffer.from('link'), publicLinkContext(jobId)),
    passwordHash: null,
    expiresAt: null,
    createdBy: null,
  });
  const invitationId = await store.invitations.create({
    organizationId: context.organizationId,
    email: 'a@example.com',
    role: 'member',
    workspaces: [],
    tokenHash: hash('invitation'),
    invitedBy: context.userId,
    validDays: 0,
  });
  await store.invitationMails.add(
    invitationId,
    encryption.encrypt(Buffer.from('mail'), mailContext(invitationId)),
  );
  await addAlertChannel();
  await addEventSubscription();
}

/** A channel whose signing secret was replaced. */
async function addAlertChannel(): Promise<void> {
  const { store, encryption } = fixture;
  const id = randomUUID();
  await store.alertChannels.insert({
    id,
    workspaceId: context.workspaceId,
    name: 'Receiver',
    kind: 'webhook',
    settings: {},
    sealedTarget: encryption.encrypt(Buffer.from('target'), targetContext(id)),
    sealedSigningSecret: encryption.encrypt(Buffer.from('replaced'), signingSecretContext(id)),
    createdBy: null,
  });
  const sealed = encryption.encrypt(Buffer.from('new'), signingSecretContext(id));
  await store.alertChannels.replaceSigningSecret(id, sealed, 1);
}

/** A subscription whose signing secret was replaced. */
async function addEventSubscription(): Promise<void> {
  const { store, encryption } = fixture;
  const id = randomUUID();
  const seal = (secret: string) => encryption.encrypt(Buffer.from(secret), eventSecretContext(id));
  await store.eventSubscriptions.insert({
    id,
    workspaceId: context.workspaceId,
    name: 'Receiver',
    description: null,
    eventTypes: ['*'],
    scope: wholeWorkspace,
    host: 'example.com',
    sealedUrl: encryption.encrypt(Buffer.from('url'), urlContext(id)),
    sealedSigningSecret: seal('replaced'),
    createdBy: null,
  });
  await store.eventSubscriptions.replaceSigningSecret(id, seal('new'), 1);
}

const hash = (text: string) => createHash('sha256').update(text).digest();

/** All ciphertexts as they are opened with these keys, by kind. @throws when one is not opened */
async function openAll(encryption: Encryption): Promise<Record<RotatedKind, string[]>> {
  const opened = {} as Record<RotatedKind, string[]>;
  for (const kind of ciphertextKinds) {
    const rows = await fixture.store.ciphertexts.listWithout(kind, Buffer.alloc(1), null, 100);
    opened[kind] = rows.map(({ owner, sealed }) =>
      encryption.decrypt(sealed, contextOf(kind, owner)).toString(),
    );
  }
  const archives = createConfigurationArchives(fixture.blobs, encryption);
  const configuration = await fixture.store.configurations.latest(context.workspaceId);
  opened.configurations = configuration ? [(await archives.open(configuration)).toString('base64')] : [];
  return opened;
}

function countAll(counts: object): number {
  return Object.values(counts).reduce((sum: number, count) => sum + Number(count), 0);
}

async function listAudited(): Promise<string[]> {
  const entries = await listAuditEntries(fixture.store);
  return entries.map(({ action }) => action).filter((action) => action.startsWith('secret-key.'));
}

describe('a rotation of the secret key', () => {
  beforeEach(fill);

  it('puts ciphertexts of every kind under the new key, which opens them alone', async () => {
    await register(fixture.encryption).then((server) => server.remove());
    const before = await openAll(fixture.encryption);
    const rotation = await rotate();
    expect(rotatedKinds.filter((kind) => rotation.rotated[kind] === 0)).toEqual([]);
    expect(rotation).toMatchObject({ unopened: [], retiredKeyIds: [fixture.encryption.keyId] });
    expect(await openAll(nextAlone)).toEqual(before);
    await expect(openAll(fixture.encryption)).rejects.toThrow('secret_key_unknown');
    expect(await listAudited()).toEqual(['secret-key.rotate', 'secret-key.finish-rotation']);
    // A server without the old key starts.
    await register(nextAlone);
  });

  it('changes nothing when it is done again', async () => {
    await rotate();
    const sealed = () => fixture.store.ciphertexts.listWithout('variables', Buffer.alloc(1), null, 10);
    const before = await sealed();
    const again = await rotate();
    expect(countAll(again.rotated)).toBe(0);
    expect(await sealed()).toEqual(before);
  });

  it('keeps the revision of a variable, which is part of the key of environments', async () => {
    const revisions = async () =>
      (await fixture.store.variables.list(context.workspaceId)).map(({ revision }) => revision);
    const before = await revisions();
    await rotate();
    expect(await revisions()).toEqual(before);
  });

  it('lets a value that is written meanwhile win', async () => {
    let isWritten = false;
    fixture.setFault('in-key-rotation', async () => {
      if (isWritten) return;
      isWritten = true;
      // Kinds go in the order of the list: this is the first variable, read and not yet written.
      const scope = { workspaceId: context.workspaceId, profile: null };
      const sealed = sealVariable(next, scope, 'PASSWORD', 'written meanwhile');
      await fixture.store.variables.upsert(
        scope,
        [{ name: 'PASSWORD', plainValue: null, sealedValue: sealed }],
        context.userId,
      );
    });
    const { rotated, unopened } = await rotate();
    expect(isWritten).toBe(true);
    expect(rotated.variables).toBe(1);
    expect(unopened).toEqual([]);
    expect((await openAll(nextAlone)).variables).toEqual(['written meanwhile', 'of prod']);
  });

  it('goes on where it was killed', async () => {
    const before = await openAll(fixture.encryption);
    const total = Object.values(before).flat().length;
    for (let left = total; left > 1; left -= 1) {
      let survives = 1;
      fixture.setFault('in-key-rotation', () => {
        survives -= 1;
        if (survives < 0) throw new Error('killed');
      });
      await expect(rotate()).rejects.toThrow('killed');
      // Both keys open all of it at every moment.
      expect(await openAll(next)).toEqual(before);
    }
    fixture.setFault('in-key-rotation', () => undefined);
    await rotate();
    expect(await openAll(nextAlone)).toEqual(before);
  });

  it('is refused while a server does not read the new key, or encrypts with the old one, and changes nothing', async () => {
    const old = await register(fixture.encryption);
    await expect(rotate()).rejects.toThrow(
      `The server on there (pid 7) encrypts with key ${fixture.encryption.keyId} and cannot read key ${next.keyId}`,
    );
    await old.remove();
    const both = createEncryption({ current: fixture.secretKey, others: [] });
    const behind = await register(both);
    await expect(rotate()).rejects.toMatchObject({ code: 'key_rotation_refused' });
    expect((await openAll(fixture.encryption)).variables).toEqual(['of all', 'of prod']);
    expect(await listAudited()).toEqual([]);
    await behind.remove();
    await register(next);
    await rotate();
    expect((await openAll(nextAlone)).variables).toEqual(['of all', 'of prod']);
  });

  it('is refused while a supervisor of the previous release runs', async () => {
    await fixture.store.supervisors.keepAlive(
      identifyServer('server:older/m/b/n/9/1'),
      { batch: 1, apps: 1 },
      { seconds: 60, isClaiming: true },
    );
    await keepLive('supervisors');
    await expect(rotate()).rejects.toThrow('The server on older (pid 9) runs a release without key ids');
  });

  it('does not retire the old key when a server began to encrypt with it meanwhile', async () => {
    let isRegistered = false;
    fixture.setFault('in-key-rotation', async () => {
      if (isRegistered) return;
      isRegistered = true;
      await fixture.store.servers.keepAlive({
        id: randomUUID(),
        owner: 'server:late/m/b/n/8/1',
        keyId: fixture.encryption.keyId,
        readableKeyIds: next.readableKeyIds,
        address: null,
      });
      await keepLive('servers');
    });
    await register(fixture.encryption).then((server) => server.remove());
    await expect(rotate()).rejects.toThrow('The server on late (pid 8) encrypts with key');
    expect(await fixture.store.secretKeys.listUsed()).toContain(fixture.encryption.keyId);
  });

  it('names what no key opens, and leaves it alone', async () => {
    const lost = createEncryption(randomBytes(48));
    const scope = { workspaceId: context.workspaceId, profile: null };
    const sealed = sealVariable(lost, scope, 'LOST', 'x');
    await fixture.store.variables.upsert(
      scope,
      [{ name: 'LOST', plainValue: null, sealedValue: sealed }],
      context.userId,
    );
    const { unopened } = await rotate();
    expect(unopened).toEqual([
      { kind: 'variables', name: `variables.sealed_value of ${context.workspaceId} LOST`, keyId: lost.keyId },
    ]);
    expect(await fixture.store.variables.list(context.workspaceId)).toContainEqual(
      expect.objectContaining({ name: 'LOST', sealedValue: sealed }),
    );
  });

  it('removes an archive again that retention removed meanwhile', async () => {
    const configuration = await fixture.store.configurations.latest(context.workspaceId);
    const key = configuration?.archiveKey ?? '';
    await rotate();
    const { encryption } = fixture;
    await fixture.blobs.put(
      key,
      encryption.encrypt(await readBlob(fixture.blobs, key), configuration?.id ?? ''),
    );
    fixture.setFault('in-key-rotation', async () => {
      await setColumns(fixture.database, 'configurations', { archiveRemovedAt: new Date() });
      await fixture.blobs.delete(key);
    });
    expect((await rotate()).rotated.configurations).toBe(0);
    expect(await fixture.blobs.stat(key)).toBeUndefined();
  });
});

describe('a server that starts', () => {
  it('is refused without a key that secrets may be under', async () => {
    await register(fixture.encryption);
    await expect(register(nextAlone)).rejects.toMatchObject({ code: 'secret_key_missing' });
    await expect(register(nextAlone)).rejects.toThrow(`secrets under key ${fixture.encryption.keyId}`);
    const warned = await register(next);
    expect(warned.olderKeyIds).toEqual([fixture.encryption.keyId]);
    expect(warned.serversWithoutKey).toHaveLength(1);
    // From now on secrets are under the new key too.
    await expect(register(fixture.encryption)).rejects.toThrow(`secrets under key ${next.keyId}`);
  });

  it('is refused with a wrong key on a database of the previous release, which noted none', async () => {
    await fill();
    await expect(register(nextAlone)).rejects.toMatchObject({ code: 'secret_key_wrong' });
    expect(await fixture.store.secretKeys.listUsed()).toEqual([]);
    await register(fixture.encryption);
  });

  it('may do without a key that is lost, once that was said', async () => {
    await fill();
    await register(fixture.encryption).then((server) => server.remove());
    await expect(rotate(nextAlone)).rejects.toMatchObject({ code: 'secret_key_missing' });
    expect(await fixture.store.secretKeys.listUsed()).toEqual([fixture.encryption.keyId]);
    const { unopened, retiredKeyIds } = await rotate(nextAlone, true);
    expect(unopened).toHaveLength(Object.values(await openAll(fixture.encryption)).flat().length);
    expect(retiredKeyIds).toEqual([fixture.encryption.keyId]);
    await register(nextAlone);
  });
});

it('the list of kinds has each column of ciphertexts', () => {
  expect([...ciphertextKinds].toSorted()).toEqual(Object.keys(ciphertextColumns).toSorted());
});
