import type { BackedUpTable } from './backed-up-tables.ts';
import type { Client } from 'pg';
import type { SequenceState } from './snapshot.ts';
import type { UnfinishedRestore } from './restore-target.ts';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { copyInStatement } from './backed-up-tables.ts';
import { markUnfinished } from './restore-target.ts';

export interface CopiedRows {
  tables: readonly (BackedUpTable & { rows: () => number })[];
  sequences: readonly SequenceState[];
  /** Opens the copy of a table. Its number of rows is known when it has ended. */
  open: (table: BackedUpTable) => AsyncIterable<Uint8Array>;
  onTable: (table: string) => void;
}

/** The rows of a backup. */
export type LoadedSnapshot = CopiedRows & UnfinishedRestore & { installationId: string };

/** A table has other rows than its copy is to have. */
export class RowsDifferError extends Error {
  override readonly name = 'RowsDifferError';
}

/** Loads the rows of a backup in one transaction. Servers do not start on them before the restore is finished. */
export async function loadSnapshot(client: Client, snapshot: LoadedSnapshot): Promise<void> {
  await loadRows(client, snapshot, async () => {
    await adaptToNewPlace(client, snapshot.installationId);
    await markUnfinished(client, snapshot);
  });
}

/**
 * Loads rows into a schema of the same migrations, in one transaction: the schema has all rows or none. Foreign keys and
 * indexes are created after the rows, which is faster, and verifies each reference.
 * @param change changes the rows in the same transaction
 */
export async function loadRows(
  client: Client,
  copied: CopiedRows,
  change: () => Promise<void> = async () => undefined,
): Promise<void> {
  await client.query('begin');
  try {
    const foreignKeys = await dropForeignKeys(client);
    const indexes = await dropIndexes(client);
    await client.query('truncate installation, secret_keys');
    for (const table of copied.tables) await loadTable(client, table, copied);
    await change();
    for (const statement of [...indexes, ...foreignKeys]) await client.query(statement);
    for (const { name, value, isCalled } of copied.sequences)
      await client.query('select setval($1::regclass, $2, $3)', [
        client.escapeIdentifier(name),
        value,
        isCalled,
      ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
  await client.query('analyze');
}

async function loadTable(
  client: Client,
  table: CopiedRows['tables'][number],
  { open, onTable }: CopiedRows,
): Promise<void> {
  const name = client.escapeIdentifier(table.name);
  onTable(table.name);
  await client.query(`alter table ${name} disable trigger user`);
  const stream = client.query(copyFrom(copyInStatement(client, table)));
  await pipeline(open(table), stream);
  if (stream.rowCount !== table.rows())
    throw new RowsDifferError(`Table ${table.name} has ${stream.rowCount} rows instead of ${table.rows()}.`);
  await client.query(`alter table ${name} enable trigger user`);
}

/**
 * Sets the id of the installation, and forgets what belongs to the former machine: the executor is decided again at the next start, and pending packages on
 * its disk are out of reach. All logs of a backup are compressed blobs, also those that were still growing.
 */
async function adaptToNewPlace(client: Client, installationId: string): Promise<void> {
  await client.query('update installation set id = $1', [installationId]);
  await client.query(`
    delete from pending_packages where not (select local_data_in_objects from installation);
    update installation set executor = null, engine_url = null;
    update attempts set log_sealed = true where not log_sealed`);
}

/** @returns the statements that create them again */
async function dropForeignKeys(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; create: string }>(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
           format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as create
      from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace`);
  for (const { drop } of rows) await client.query(drop);
  return rows.map(({ create }) => create);
}

/** Constraints keep theirs, and so do foreign keys that refer to a unique index. @returns the statements that create them again */
async function dropIndexes(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; create: string }>(`
    select format('drop index %s', indexrelid::regclass) as drop, pg_get_indexdef(indexrelid) as create
      from pg_index join pg_class on pg_class.oid = indexrelid
     where relnamespace = current_schema()::regnamespace
       and not exists (select from pg_constraint where conindid = indexrelid)`);
  for (const { drop } of rows) await client.query(drop);
  return rows.map(({ create }) => create);
}
