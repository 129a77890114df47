import type { ClusterClock } from './cluster-clock.ts';
import type { ObjectStore } from './object-store.ts';

/** What every operation on the cluster's objects works with. */
export interface ClusterState {
  store: ObjectStore;
  clock: ClusterClock;
}
