import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { createFillDatasetColumns } from './dataset-columns.ts';
import { createSearchData } from './search-data.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
});
afterEach(() => fixture.close());

/** Stores a schema with one table and these columns, as a server of the previous release does. */
async function storeOld(pipelineName: string, columns: readonly string[]): Promise<void> {
  const { store } = fixture;
  const key = { workspaceId: context.workspaceId, pipelineName, schemaName: 'shop' };
  const document = {
    tables: {
      orders: {
        name: 'orders',
        columns: Object.fromEntries(columns.map((name) => [name, { name, data_type: 'text' }])),
      },
    },
  };
  await store.schemaVersions.insert({
    ...key,
    versionHash: 'first',
    version: 1,
    previousHashes: [],
    destinationName: null,
    datasetName: 'shop_data',
    document,
    jobRunId: null,
  });
  await store.telemetry.upsertDatasetSchema({ ...key, datasetName: 'shop_data', tableNames: ['orders'] });
}

const fill = (signal?: AbortSignal) =>
  createFillDatasetColumns({ persistence: fixture.persistence, log: pino({ level: 'silent' }) })(signal);

async function findColumns(text: string): Promise<(string | null)[]> {
  const { found } = await createSearchData(fixture.persistence)(context.workspaceId, { text, limit: 10 });
  return found.filter(({ kind }) => kind === 'column').map(({ columnName }) => columnName);
}

describe('columns of schemas that a server of the previous release stored', () => {
  it('are found once they are filled in, without those of dlt', async () => {
    await storeOld('a', ['amount', '_dlt_id']);
    expect(await findColumns('amount')).toEqual([]);
    expect(await fill()).toBe(1);
    expect(await findColumns('amount')).toEqual(['amount']);
    expect(await findColumns('_dlt_id')).toEqual([]);
  });

  it('are filled in for a schema without a stored version, which has none', async () => {
    await fixture.store.telemetry.upsertDatasetSchema({
      workspaceId: context.workspaceId,
      datasetName: 'shop_data',
      pipelineName: 'gone',
      schemaName: 'shop',
      tableNames: ['orders'],
    });
    expect(await fill()).toBe(1);
    expect(await fill()).toBe(0);
  });

  it('are not held up by a schema that fails, which is tried again by the next call', async () => {
    for (const [name, column] of [
      ['a', 'amount'],
      ['b', 'broken'],
      ['c', 'city'],
    ] as const)
      await storeOld(name, [column]);
    await fixture.database.execute(
      `alter table dataset_schemas add constraint refused check (not 'broken' = any(column_names)) not valid`,
    );
    expect(await fill()).toBe(2);
    expect([await findColumns('city'), await findColumns('broken')]).toEqual([['city'], []]);
    await fixture.database.execute('alter table dataset_schemas drop constraint refused');
    expect(await fill()).toBe(1);
    expect(await findColumns('broken')).toEqual(['broken']);
  });

  it('wait for the next start if the server stops', async () => {
    await storeOld('a', ['amount']);
    expect(await fill(AbortSignal.abort())).toBe(0);
    expect(await fill()).toBe(1);
  });
});

it('a search of more columns than are read at once finds those of the first schemas', async () => {
  await storeOld('a', ['amount']);
  await storeOld('b', ['amount_b']);
  await fill();
  const { store } = fixture;
  const search = (maxColumns: number) =>
    store.dataSearch.search(context.workspaceId, {
      words: ['amount'],
      limit: 10,
      maxSchemas: 10,
      maxColumns,
    });
  expect((await search(2)).map(({ columnName }) => columnName)).toEqual(['amount', 'amount_b']);
  expect((await search(1)).map(({ columnName }) => columnName)).toEqual(['amount']);
});
