import type { Inventory } from '../contract/inventory.ts';
import { listBelongings, removeBelonging } from './belongings.ts';
import type { DockerBackend } from './docker-backend.ts';

/** Lists and removes the objects that an engine has for this installation. */
export function createInventory(backend: DockerBackend): Inventory {
  const { installationId, faultPoints } = backend;
  return {
    listBelongings: ({ withSizes }) =>
      backend.withEngine(
        'What the engine has cannot be listed',
        async ({ engine, bootstrap, measureVolumes }) => {
          const sizes = withSizes ? await measureVolumes() : [];
          return listBelongings(engine, { installationId, bootstrap }, sizes);
        },
      ),
    removeBelonging: (belonging) =>
      backend.withEngine(`${belonging.kind} ${belonging.id} could not be removed`, ({ engine }) =>
        removeBelonging(engine, installationId, belonging, faultPoints),
      ),
  };
}
