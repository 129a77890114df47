import type { Resource } from '../../domain/retention/resource.ts';

/** Everything that an executor has for this installation on its backend. */
export interface Inventory {
  /**
   * All resources of this installation that this executor can see, with or without an owner, including
   * incomplete ones and those of running attempts; none of another installation. Sizes take seconds if every
   * file must be checked.
   */
  listResources(options: { withSizes: boolean }): Promise<Resource[]>;
  /**
   * Removes one resource; processes of an attempt are ended first. A resource that no longer exists is not an
   * error, and several servers may call this at once.
   * @throws ExecutorError backend, when it cannot be removed now; config for local data, which executors
   * never remove
   */
  removeResource(resource: Pick<Resource, 'kind' | 'id'>): Promise<void>;
}
