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
]);
export type StoredKind = z.output<typeof storedKind>;

const storage = responseObject('StoredKindResponse', {
  kind: openEnum(storedKind),
  /** Null where it is not known for one organization without looking at the disk. */
  count: z.int().nullable(),
  bytes: z.int().nullable(),
  oldest_at: timestamp.nullable(),
  /** What is older goes; null keeps it whatever its age. */
  max_age_seconds: z.int().nullable(),
  /** Of all organizations of the server together: beyond it the oldest goes first. Null has no limit. */
  max_bytes: z.int().nullable(),
});

export const organizationStorageResponse = responseObject('OrganizationStorageResponse', {
  organization_id: uuid,
  kinds: z.array(storage),
  /** Who runs the server sets the limits, in this setting of it; they cannot be changed here. */
  limits_setting: z.string(),
  limits_text: z.string(),
});
export type OrganizationStorageResponse = z.output<typeof organizationStorageResponse>;
