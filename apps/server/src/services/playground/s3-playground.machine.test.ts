import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Playground } from './playground.ts';
import type { S3PlaygroundSettings } from './s3-playground.ts';
import { createBucketClient } from '../../blobs/s3/s3-client.ts';
import { createS3BlobStore } from '../../blobs/s3/s3-blob-store.ts';
import { createS3Playground } from './s3-playground.ts';
import { readBlob } from '../../blobs/read-blob.ts';
import { startS3Store, type S3Store } from '../../../../../testing/fixtures/s3-store.ts';

const [one, other] = [randomUUID(), randomUUID()];
const denied = { name: 'BlobStoreError', code: 'blobs_access_denied' };

let s3: S3Store;
let folder: string;

beforeAll(async () => {
  [s3, folder] = await Promise.all([startS3Store(), mkdtemp(join(tmpdir(), 'pumphouse-playground-'))]);
});
afterAll(async () => {
  await s3.remove();
  await rm(folder, { recursive: true, force: true });
});

function settingsOf(source: Partial<S3PlaygroundSettings['source']> = {}): S3PlaygroundSettings {
  const { bucket, endpoint, accessKeyId, secretAccessKey, roles } = s3;
  return {
    store: {
      bucket,
      prefix: 'play',
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      encryption: null,
    },
    runsEndpoint: null,
    source: { kind: 'role', roleArn: roles.own, stsUrl: endpoint, hours: 1, ...source } as never,
  };
}

/** Opens a prefix as a run does: with nothing but its variables. */
async function openAsRun(
  playground: Playground,
  run: { workspaceId: string; profile?: string },
  prefix = `play/${run.workspaceId}`,
): Promise<BlobStore> {
  const { variables = {} } = (await playground.grant({ profile: 'prod', ...run })) ?? {};
  const read = (name: string) => variables[`DESTINATION__PLAYGROUND__CREDENTIALS__${name}`] ?? '';
  const credentials = {
    accessKeyId: read('AWS_ACCESS_KEY_ID'),
    secretAccessKey: read('AWS_SECRET_ACCESS_KEY'),
    sessionToken: read('AWS_SESSION_TOKEN'),
  };
  return createS3BlobStore(createBucketClient({ ...settingsOf().store, prefix, credentials }));
}

describe('credentials of a role', () => {
  it('read, list and write in the prefix of their workspace only', async () => {
    const playground = createS3Playground(settingsOf());
    await playground.check();
    const theirs = await openAsRun(playground, { workspaceId: other });
    await theirs.put('sales/secret', Buffer.from('theirs'));
    const mine = await openAsRun(playground, { workspaceId: one });
    await mine.put('sales/x', Buffer.from('mine'));
    expect((await Array.fromAsync(mine.list(''))).map(({ key }) => key)).toEqual(['sales/x']);
    expect((await readBlob(mine, 'sales/x')).toString()).toBe('mine');

    for (const prefix of [`play/${other}`, 'play', '', 'blobs']) {
      const outside = await openAsRun(playground, { workspaceId: one }, prefix);
      await expect(Array.fromAsync(outside.list(''))).rejects.toMatchObject(denied);
      await expect(outside.put('sales/x', Buffer.from('x'))).rejects.toMatchObject(denied);
      await expect(readBlob(outside, 'sales/secret')).rejects.toMatchObject(denied);
      await expect(outside.delete('sales/secret')).rejects.toMatchObject(denied);
    }
    expect((await readBlob(theirs, 'sales/secret')).toString()).toBe('theirs');
  });

  it('only read in the profile of apps', async () => {
    const playground = createS3Playground(settingsOf());
    await (await openAsRun(playground, { workspaceId: one })).put('items', Buffer.from('x'));
    const app = await openAsRun(playground, { workspaceId: one, profile: 'access' });
    expect((await readBlob(app, 'items')).toString()).toBe('x');
    await expect(app.put('items', Buffer.from('y'))).rejects.toMatchObject(denied);
    await expect(app.delete('items')).rejects.toMatchObject(denied);
  });

  it('are not those of the server, and masked', async () => {
    const granted = await createS3Playground(settingsOf()).grant({ workspaceId: one, profile: 'prod' });
    expect(granted?.variables).toMatchObject({
      DESTINATION__PLAYGROUND__DESTINATION_TYPE: 'filesystem',
      DESTINATION__PLAYGROUND__BUCKET_URL: `s3://${s3.bucket}/play/${one}`,
      DESTINATION__PLAYGROUND__CREDENTIALS__ENDPOINT_URL: s3.endpoint,
    });
    expect(JSON.stringify(granted)).not.toContain(s3.secretAccessKey);
    const { variables = {}, maskedValues = [] } = granted ?? {};
    for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
      expect(maskedValues).toContain(variables[`DESTINATION__PLAYGROUND__CREDENTIALS__${name}`]);
  });
});

describe('the check of a role', () => {
  it('refuses a role that its own sessions may assume again', async () => {
    const check = createS3Playground(settingsOf({ roleArn: s3.roles.open })).check();
    await expect(check).rejects.toMatchObject({
      code: 'playground_not_isolated',
      message: expect.stringContaining('trust policy'),
    });
  });

  it('tells a role that does not exist from a store that does not answer', async () => {
    const unknown = createS3Playground(settingsOf({ roleArn: 'arn:aws:iam::role/none' }));
    await expect(unknown.check()).rejects.toMatchObject({ code: 'playground_access_denied' });
    const away = createS3Playground(settingsOf({ stsUrl: 'http://127.0.0.1:9' }));
    await expect(away.check()).rejects.toMatchObject({ code: 'playground_unavailable' });
  });
});

describe('a file of keys', () => {
  const path = () => join(folder, 'keys.json');
  const key = (name: string) => ({ access_key_id: name, secret_access_key: `secret of ${name}` });
  const playground = () => createS3Playground(settingsOf({ kind: 'keys', path: path() } as never));
  const idOf = (granted: Awaited<ReturnType<Playground['grant']>>) =>
    granted?.variables['DESTINATION__PLAYGROUND__CREDENTIALS__AWS_ACCESS_KEY_ID'];

  it('has a key for each workspace, and maybe one that only reads', async () => {
    await writeFile(path(), JSON.stringify({ [one]: { read_write: key('w'), read_only: key('r') } }));
    expect(idOf(await playground().grant({ workspaceId: one, profile: 'prod' }))).toBe('w');
    expect(idOf(await playground().grant({ workspaceId: one, profile: 'access' }))).toBe('r');
    expect(await playground().grant({ workspaceId: other, profile: 'prod' })).toBeNull();
  });

  it('is not quoted if it is wrong', async () => {
    await writeFile(path(), `{"${one}": {"read_write": "swordfish"}}`);
    const error = await playground()
      .grant({ workspaceId: one, profile: 'prod' })
      .catch((reason: unknown) => reason);
    expect(String(error)).toContain('is not a valid file of keys');
    expect(String(error)).not.toContain('swordfish');
  });
});
