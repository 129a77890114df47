import type { FieldDef } from 'pg';
import type { Queryable } from '@pumphouse/server/store/postgres/pool.ts';
import type { Statement } from '@pumphouse/server/store/postgres/statements/named.ts';
import type { TestDatabase } from '../fixtures/postgres.ts';
import type { DeclaredRow, Kind } from './rows/declared-rows.ts';
import { Client, types } from 'pg';
import { join } from 'node:path';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAnyArgument } from './rows/any-argument.ts';
import { createStore } from '@pumphouse/server/store/store.ts';
import {
  createUnfinishedRestoreTable,
  requireFinishedRestore,
} from '@pumphouse/server/store/postgres/backups/restore-target.ts';
import { createTestDatabase } from '../fixtures/postgres.ts';
import { describeStatement } from './rows/describe-statement.ts';
import { readDeclaredRows } from './rows/declared-rows.ts';
import { repositoryFolder } from '../fixtures/server.ts';

/** A statement of the store, and the row that the call declares which asked for it, if any. */
interface Asked {
  text: string;
  row: DeclaredRow | undefined;
}

let own: TestDatabase;
let client: Client;
let rows: DeclaredRow[];
const asked: Asked[] = [];

beforeAll(async () => {
  own = await createTestDatabase();
  client = new Client({ connectionString: own.url });
  await client.connect();
  // Only a database with an unfinished restore has this table.
  await client.query(createUnfinishedRestoreTable);
  rows = readDeclaredRows(repositoryFolder);
  await askEverything();
});
afterAll(async () => {
  await client.end();
  await own.drop();
});

const range = { limit: 1, offset: 0 };
const dayMs = 86_400_000;
/** Arguments of methods that fail with invented ones before they ask. */
const argumentsOf: Record<string, unknown[][]> = {
  'statistics.list': [['any', 'pipeline', {}]],
  'statistics.series': [
    ['any', 'pipeline', { days: [{ startMs: 0, endMs: dayMs }], names: null, atMost: 1 }],
  ],
  'ciphertexts.listWithout': [['variables', Buffer.from('any'), null, 1]],
  'auditLog.list': [[{}, {}]],
  'jobRuns.list': [['any', {}]],
  'backfills.update': [['any', { status: 'paused', pauseReason: 'user' }]],
  'schemaChanges.list': [['any', {}]],
};

/** Calls each method of the store twice: every statement finds a row, then none. */
async function askEverything(): Promise<void> {
  const anything = createAnyArgument(await listParameterNames());
  for (const found of [[anything], []]) {
    await callMethods(
      createStore(createRecorder(found)),
      '',
      Array.from({ length: 6 }, () => anything),
    );
    // It throws when it finds the row.
    await requireFinishedRestore(createRecorder(found)).catch(() => undefined);
  }
}

async function callMethods(object: object, path: string, anyArguments: unknown[]): Promise<void> {
  for (const [key, member] of Object.entries(object) as [string, unknown][]) {
    const name = `${path}${key}`;
    if (typeof member === 'object' && member !== null) await callMethods(member, `${name}.`, anyArguments);
    if (typeof member !== 'function') continue;
    for (const given of argumentsOf[name] ?? [anyArguments]) {
      try {
        const result: unknown = await (member as (...given: unknown[]) => unknown)(...given);
        if (isList(result)) await result.read(range);
      } catch {
        // Some methods reject invented rows after they have asked. The first test finds calls that were not reached.
      }
    }
  }
}

function isList(result: unknown): result is { read(range: object): Promise<unknown> } {
  return typeof result === 'object' && result !== null && 'read' in result;
}

/** Creates a store's database that notes each statement, and finds these rows. */
function createRecorder(found: unknown[]): Queryable {
  const note = (statement: Statement | string) => {
    const row = findDeclaration(new Error('asked here').stack ?? '');
    asked.push({ text: typeof statement === 'string' ? statement : statement.text, row });
  };
  const read = async (statement: Statement | string) => {
    note(statement);
    return found as never[];
  };
  const execute = async (statement: Statement | string) => {
    note(statement);
    return found.length;
  };
  return {
    query: read,
    prepared: read,
    one: async (statement) => (await read(statement))[0] ?? (createAnyArgument([]) as never),
    maybeOne: async (statement) => (await read(statement))[0],
    maybeOnePrepared: async (statement) => (await read(statement))[0],
    execute,
    executePrepared: execute,
  };
}

/** Finds the innermost call of a stack that declares its row. */
function findDeclaration(stack: string): DeclaredRow | undefined {
  for (const [, file, line] of stack.matchAll(/([^ (]+\/store\/postgres\/[^ :]+\.ts):(\d+)/g)) {
    const at = Number(line);
    const row = rows
      .filter((each) => file?.endsWith(each.file) && each.firstLine <= at && at <= each.lastLine)
      .toSorted((a, b) => a.lastLine - a.firstLine - (b.lastLine - b.firstLine))[0];
    if (row) return row;
  }
  return undefined;
}

/** Lists the names of all parameters in the texts of the store. */
async function listParameterNames(): Promise<string[]> {
  const folder = join(repositoryFolder, 'apps/server/src/store/postgres');
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return [
    ...new Set(
      sources.flatMap((source) => [...source.matchAll(/:([a-z]\w*)/gi)].map(([, name]) => name ?? '')),
    ),
  ];
}

it('covers every call of the store that declares a row', () => {
  const reached = new Set(asked.map(({ row }) => row));
  expect(rows.filter((row) => !reached.has(row)).map(scopeOf)).toEqual([]);
});

it('each statement fits the schema, and each declared row the columns that Postgres returns', async () => {
  const nullable = await listNullableColumns();
  const problems: string[] = [];
  const distinct = new Map(asked.map((each) => [`${each.row && scopeOf(each.row)} ${each.text}`, each]));
  for (const { text, row } of distinct.values()) {
    const columns = (await describeStatement(client, text)) ?? [];
    if (row)
      problems.push(...compare(row, columns, nullable).map((problem) => `${scopeOf(row)}: ${problem}`));
  }
  expect(problems).toEqual([]);
});

function scopeOf(row: DeclaredRow): string {
  return `${fileOf(row)}:${row.firstLine}`;
}

function fileOf({ file }: DeclaredRow): string {
  return file.slice(file.indexOf('/store/postgres/') + '/store/postgres/'.length);
}

/**
 * Compares a declared row with the columns of its statement. Whether a column can be null is only known of
 * columns of tables, not of expressions and outer joins.
 */
function compare(row: DeclaredRow, columns: FieldDef[], nullable: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  for (const [name, kinds] of row.columns) {
    const column = columns.find((each) => each.name === name);
    if (!column) problems.push(`no column ${name}`);
    else if (kinds && !kindsOfType(column.dataTypeID).some((kind) => kinds.has(kind)))
      problems.push(`${name} is ${[...kinds].join(' or ')}, but its column is of type ${column.dataTypeID}`);
    else if (kinds && !kinds.has('null') && nullable.has(`${column.tableID}.${column.columnID}`)) {
      if (!neverNull.has(`${fileOf(row)} ${name}`)) problems.push(`${name} can be null`);
    }
  }
  return problems;
}

/** Nullable columns that are not null in the rows of a statement, because of its conditions. */
const neverNull = new Set([
  'apps/apps.ts finishedAt',
  'attempts/attempts.ts sealedSecret',
  'attempts/claims.ts owner',
  'attempts/unknown-runs.ts handle',
  'environments/environments.ts builder',
  'jobs/job-overviews.ts at',
  'pipelines/schema-changes.ts jobRunId',
  'retention/storage-environments.ts location',
  'retention/storage-logs.ts bytes',
  'retention/storage-runs.ts at',
  'runs/job-runs.ts notBefore',
  'runs/runs-of-jobs.ts previousJobRunId',
  'runs/waits.ts waitReason',
  'scheduling/next-starts.ts nextTickAt',
  'secret-keys/ciphertexts.ts sealed',
  'workspaces/ownership.ts key',
  'workspaces/ownership.ts leaseEnd',
]);

/** Lists the nullable columns of all tables, as `<table>.<column>` by their numbers in Postgres. */
async function listNullableColumns(): Promise<Set<string>> {
  const columns = await own.database.query<{ id: string }>(
    `select attrelid || '.' || attnum as id from pg_attribute where attnum > 0 and not attnotnull`,
  );
  return new Set(columns.map(({ id }) => id));
}

/** The kinds of values that a column has in JavaScript, by the id of its type. */
function kindsOfType(typeId: number): readonly Kind[] {
  return kindsByType.get(typeId) ?? ['string'];
}

const jsonKinds: readonly Kind[] = ['object', 'array', 'string', 'number', 'boolean'];
const arrayTypes = [1000, 1001, 1005, 1007, 1009, 1016, 1022, 1182, 1185, 1231, 2951];
const kindsByType = new Map<number, readonly Kind[]>([
  [types.builtins.BOOL, ['boolean']],
  [types.builtins.INT2, ['number']],
  [types.builtins.INT4, ['number']],
  [types.builtins.INT8, ['number']],
  [types.builtins.FLOAT4, ['number']],
  [types.builtins.FLOAT8, ['number']],
  [types.builtins.TIMESTAMPTZ, ['Date']],
  [types.builtins.TIMESTAMP, ['Date']],
  [types.builtins.BYTEA, ['Buffer']],
  [types.builtins.JSON, jsonKinds],
  [types.builtins.JSONB, jsonKinds],
  ...arrayTypes.map((id): [number, readonly Kind[]] => [id, ['array']]),
]);
