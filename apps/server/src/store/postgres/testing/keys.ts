import type { TextQueryable } from '../pool.ts';
import { setColumns } from './set-columns.ts';

type Sql = Pick<TextQueryable, 'execute'>;

/** Sets when a key expires. */
export function expireKey(sql: Sql, keyId: string, expiresAt: Date): Promise<void> {
  return setColumns(sql, 'api_keys', { expiresAt }, { id: keyId });
}
