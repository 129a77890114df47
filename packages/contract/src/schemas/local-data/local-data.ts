import { z } from 'zod';
import { requestObject, responseObject, timestamp, uuid } from '../primitives.ts';
import { queryText } from '../query.ts';

const localDataFile = responseObject('LocalDataFileResponse', {
  /** Below `.dlt/data/<profile>`. */
  path: z.string(),
  size_bytes: z.int(),
  changed_at: timestamp,
});

const localDataOfProfile = responseObject('LocalDataProfileResponse', {
  profile: z.string(),
  file_count: z.int(),
  size_bytes: z.int(),
  /** The first 1000 by path. */
  files: z.array(localDataFile),
});
export type LocalDataProfileResponse = z.output<typeof localDataOfProfile>;

/** Local data that was reset or replaced, and can be restored. */
const localDataCopy = responseObject('LocalDataCopyResponse', {
  id: uuid,
  profile: z.string(),
  /** Null if a reset did not finish. */
  file_count: z.int().nullable(),
  size_bytes: z.int().nullable(),
  created_at: timestamp,
  /** When it is removed. */
  kept_until: timestamp,
});
export type LocalDataCopyResponse = z.output<typeof localDataCopy>;

/** The files that runs of a workspace keep and share, per profile. */
export const localDataResponse = responseObject('LocalDataResponse', {
  profiles: z.array(localDataOfProfile),
  /** The latest first. */
  copies: z.array(localDataCopy),
  /** Workers whose disks keep local data of their own, which no operation reaches. */
  distant_workers: z.array(z.string()),
});

export const localDataArchiveQuery = z.object({
  /** A file, with the changes of a database in `<file>.wal`, or a folder. All files without it. */
  path: queryText.optional(),
});

export const localDataRequest = requestObject('LocalDataRequest', { profile: z.string() });

/** `copy` is null if there was nothing to reset. */
export const resetLocalDataResponse = responseObject('ResetLocalDataResponse', {
  copy: localDataCopy.nullable(),
});

/** `copy` has what was there before; null if that was nothing. */
export const restoreLocalDataResponse = responseObject('RestoreLocalDataResponse', {
  restored: localDataCopy,
  copy: localDataCopy.nullable(),
});
