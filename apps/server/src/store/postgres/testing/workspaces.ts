import type { TextQueryable } from '../pool.ts';
import { setColumns } from './set-columns.ts';

type Sql = Pick<TextQueryable, 'execute'>;

/** Takes the region from an organization. */
export function removeRegion(sql: Sql, organizationId: string): Promise<void> {
  return setColumns(sql, 'organizations', { dataplaneId: null }, { id: organizationId });
}
