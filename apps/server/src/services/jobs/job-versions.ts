import type { JobHead, JobRecord, JobVersionRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { LRUCache } from 'lru-cache';

/** A definition takes some kilobytes. */
const maxVersions = 500;

export type JobVersions = ReturnType<typeof createJobVersions>;

/**
 * Caches versions of jobs. They never change, and reading and parsing the definitions behind a hundred runs
 * took longer than the rest of the list.
 */
export function createJobVersions(store: Pick<Store, 'jobs'>) {
  const known = new LRUCache<string, JobVersionRecord>({ max: maxVersions });

  /** Keyed by id. */
  async function getMany(versionIds: Iterable<string>): Promise<Map<string, JobVersionRecord>> {
    const found = new Map<string, JobVersionRecord>();
    const missing: string[] = [];
    for (const id of new Set(versionIds)) {
      const version = known.get(id);
      if (version) found.set(id, version);
      else missing.push(id);
    }
    const read = missing.length === 0 ? [] : await store.jobs.getVersions(missing);
    for (const version of read) {
      known.set(version.id, version);
      found.set(version.id, version);
    }
    return found;
  }

  /** Completes heads to whole jobs, in the same order. */
  async function complete(heads: readonly JobHead[]): Promise<JobRecord[]> {
    const versions = await getMany(heads.map((head) => head.currentVersionId));
    return heads.map((head) => {
      const version = versions.get(head.currentVersionId);
      if (!version) throw new Error(`Job ${head.id} has lost its version`);
      const { definition, definitionHash, engineVersion, description, maxRunTimeSeconds } = version;
      return { ...head, definition, definitionHash, engineVersion, description, maxRunTimeSeconds };
    });
  }

  /** @throws Error if the version does not exist */
  async function get(versionId: string): Promise<JobVersionRecord> {
    const version = (await getMany([versionId])).get(versionId);
    if (!version) throw new Error(`Job version ${versionId} does not exist`);
    return version;
  }

  return { get, getMany, complete };
}
