import type { NewSchemaVersion } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { createCompareSchemas } from './compare-schemas.ts';
import { createWorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
});
afterEach(() => fixture.close());

const documentWith = (...columns: string[]) => ({
  tables: {
    orders: {
      name: 'orders',
      columns: Object.fromEntries(columns.map((name) => [name, { name, data_type: 'text' }])),
    },
  },
});

/** Stores a version like a server without schema history, this many minutes after the first. */
async function storeOld(
  minute: number,
  version: Pick<NewSchemaVersion, 'versionHash' | 'document'> & Partial<NewSchemaVersion>,
) {
  await fixture.database.execute(
    `insert into schema_versions (workspace_id, pipeline_name, schema_name, version_hash, version, previous_hashes, document, created_at,
                                  last_seen_at)
     values ($1, $2, 'shop', $3, $4, $5, $6, $7, $7)`,
    [
      context.workspaceId,
      version.pipelineName ?? 'orders',
      version.versionHash,
      minute,
      version.previousHashes ?? [],
      JSON.stringify(version.document),
      new Date(Date.UTC(2026, 10, 24, 10, minute)),
    ],
  );
}

const compareWaiting = () =>
  createCompareSchemas({ persistence: fixture.persistence, log: pino({ level: 'silent' }) });

async function listChanges() {
  const { rows } = await fixture.store.schemaChanges
    .list(context.workspaceId, {})
    .read({ limit: 100, offset: 0 });
  return rows.map((row) => [
    row.versionHash,
    row.baseHash,
    row.changes.map(({ kind, column }) => `${kind} ${column}`),
  ]);
}

const changesOfThree = [
  ['third', 'first', ['column_added c']],
  ['second', 'first', ['column_added b']],
  ['first', null, ['schema_created null']],
];

async function storeThree(): Promise<void> {
  await storeOld(1, { versionHash: 'first', document: documentWith('a') });
  await storeOld(2, { versionHash: 'second', document: documentWith('a', 'b') });
  await storeOld(3, {
    versionHash: 'third',
    document: documentWith('a', 'c'),
    previousHashes: ['gone', 'first'],
  });
}

describe('versions stored before there was a history', () => {
  it('are compared once, with their original times', async () => {
    await storeThree();
    expect(await listChanges()).toEqual([]);
    expect(await compareWaiting()()).toBe(3);
    expect(await listChanges()).toEqual(changesOfThree);
    expect(await compareWaiting()()).toBe(0);
    expect(await listChanges()).toEqual(changesOfThree);
    const changes = await fixture.store.schemaChanges.get({
      workspaceId: context.workspaceId,
      pipelineName: 'orders',
      schemaName: 'shop',
      versionHash: 'second',
    });
    expect(changes?.createdAt).toEqual(new Date('2026-11-24T10:02:00Z'));
  });

  it('are shared by servers that compare concurrently', async () => {
    await storeThree();
    const counts = await Promise.all([compareWaiting()(), compareWaiting()(), compareWaiting()()]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await listChanges()).toEqual(changesOfThree);
  });

  it('wait for the next start if the server stops between two', async () => {
    await storeThree();
    const stopping = new AbortController();
    const { signal } = stopping;
    let asked = 0;
    Object.defineProperty(signal, 'aborted', { get: () => (asked += 1) > 1 });
    expect(await compareWaiting()(signal)).toBe(1);
    expect((await listChanges()).map(([hash]) => hash)).toEqual(['first']);
    expect(await compareWaiting()()).toBe(2);
    expect(await listChanges()).toEqual(changesOfThree);
  });

  it('are not blocked by one that fails', async () => {
    await storeThree();
    await fixture.database.execute(
      `alter table schema_changes add constraint refused check (version_hash <> 'second') not valid`,
    );
    expect(await compareWaiting()()).toBe(2);
    expect((await listChanges()).map(([hash]) => hash)).toEqual(['third', 'first']);
    await fixture.database.execute('alter table schema_changes drop constraint refused');
    expect(await compareWaiting()()).toBe(1);
    expect(await listChanges()).toEqual(changesOfThree);
  });
});
