import type {
  AuditEntryRecord,
  AuditFilter,
  AuditScope,
  AuditSortKey,
  ListPosition,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import { createPageReader } from '../paging/read-page.ts';

export type ReadAuditLog = ReturnType<typeof createReadAuditLog>;

const exportedAtOnce = 1000;

/** Reads the audit log of an organization including its workspaces, or of one workspace. */
export function createReadAuditLog({ store }: Persistence<'auditLog'>) {
  const readPage = createPageReader();
  return {
    /** Newest first unless sorted. */
    list: (
      scope: AuditScope,
      filter: AuditFilter,
      page: PageRequest<AuditSortKey>,
    ): Promise<Page<AuditEntryRecord>> => readPage(page, store.auditLog.list(scope, filter)),

    /** Iterates over all entries, newest first, one page at a time, so memory stays bounded. */
    async *walk(scope: AuditScope, filter: AuditFilter): AsyncGenerator<AuditEntryRecord[]> {
      for (let after: ListPosition | null = null; ;) {
        const range = { limit: exportedAtOnce, offset: 0, after };
        const { rows, next } = await store.auditLog.list(scope, filter).read(range);
        if (rows.length > 0) yield rows;
        if (next === null) return;
        after = next;
      }
    },
  };
}
