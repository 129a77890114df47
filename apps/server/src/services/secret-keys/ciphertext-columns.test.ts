import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { ciphertextColumns } from '../../store/postgres/secret-keys/ciphertexts.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

/** Bytes that are no ciphertexts, besides hashes, whose columns end in `_hash`. */
const otherBytes = ['attempt_log_chunks.data', 'sign_in_failures.bucket', 'webhook_deliveries.key'];

it('the list of ciphertexts has every column of bytes that is not a hash: the rotation of keys goes by it', async () => {
  const rows = await own.database.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and data_type = 'bytea' and column_name not like '%\\_hash'`,
  );
  const listed = Object.values(ciphertextColumns).map(({ table, column }) => `${table}.${column}`);
  expect(rows.map(({ name }) => name).toSorted()).toEqual([...listed, ...otherBytes].toSorted());
});
