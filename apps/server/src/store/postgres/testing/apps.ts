import type { TextQueryable } from '../pool.ts';
import { setColumns } from './set-columns.ts';

type Sql = Pick<TextQueryable, 'execute'>;

export interface AppColumns {
  listeningAt?: Date;
  lastUsedAt?: Date;
  connectedAt?: Date;
}

/** Sets columns of an app's running instance, in place of its supervisor or the time. */
export function setAppInstance(sql: Sql, jobRunId: string, columns: AppColumns): Promise<void> {
  return setColumns(sql, 'app_instances', { ...columns }, { jobRunId });
}
