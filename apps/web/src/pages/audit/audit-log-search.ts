import { z } from 'zod';
import { searchList, searchText } from '../../search/search-params.ts';

/** Search parameters of an audit log. Dates are in the shown time zone; both ends are included. */
export const auditLogSearch = z.object({
  what: searchList,
  who: searchText,
  /** Kind and id of the target, separated by a colon. */
  target: searchText,
  from: searchText,
  to: searchText,
});
export type AuditLogSearch = z.output<typeof auditLogSearch>;
