import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

export const storedKind = namedEnum('StoredKind', [
  'runs',
  'logs',
  'traces',
  'beacons',
  'packages',
  'environments',
  'caches',
  'audit',
  'alert-deliveries',
  'pending-packages',
]);
export type StoredKind = z.output<typeof storedKind>;

const storage = responseObject('StoredKindResponse', {
  kind: openEnum(storedKind),
  /** Null if it cannot be determined per organization without scanning the disk. */
  count: z.int().nullable(),
  bytes: z.int().nullable(),
  oldest_at: timestamp.nullable(),
  /** Older data is removed; null means no age limit. */
  max_age_seconds: z.int().nullable(),
  /**
   * Limit for all organizations of the server together; beyond it the oldest data is removed first. Null
   * means no limit.
   */
  max_bytes: z.int().nullable(),
});

const template = responseObject('TemplateResponse', {
  workspace_id: uuid,
  workspace_name: z.string(),
  profile: z.string(),
  /** Runs that were forked from it. */
  runs: z.int(),
  memory_bytes: z.int(),
  started_at: timestamp,
  last_used_at: timestamp,
});

export const organizationStorageResponse = responseObject('OrganizationStorageResponse', {
  organization_id: uuid,
  kinds: z.array(storage),
  /** Processes from which the answering server forks runs of the organization. They end when they are idle. */
  templates: z.array(template),
  /** The server setting that contains the limits. Only the operator can change them. */
  limits_setting: z.string(),
  limits_text: z.string(),
});
export type OrganizationStorageResponse = z.output<typeof organizationStorageResponse>;
