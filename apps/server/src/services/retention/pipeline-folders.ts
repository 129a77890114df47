import type { Persistence } from '../../store/store.ts';

/**
 * Creates a function that removes working folders of pipelines that no run will finish: uploads that never became complete, and
 * folders of pipelines that have not run for as long as pending packages are kept. Their blobs are removed with the other files.
 */
export function createSweepPipelineFolders(persistence: Persistence<'pipelineFolders'>, maxDays: number) {
  return () => persistence.store.pipelineFolders.sweep(maxDays);
}
