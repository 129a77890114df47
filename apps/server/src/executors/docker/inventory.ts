import type { Inventory } from '../contract/inventory.ts';
import { listResources, removeResource } from './resources.ts';
import type { DockerBackend } from './docker-backend.ts';
import type { Slots } from './slots/slots.ts';

/** Lists and removes the objects that an engine has for this installation. */
export function createInventory(backend: DockerBackend, slots: Slots): Inventory {
  const { installationId, faultPoints } = backend;
  return {
    listResources: ({ withSizes }) =>
      backend.withEngine(
        'The resources of the engine cannot be listed',
        async ({ engine, bootstrap, measureVolumes }) => {
          const sizes = withSizes ? await measureVolumes() : [];
          return listResources(engine, { installationId, bootstrap }, sizes);
        },
      ),
    removeResource: (resource) =>
      backend.withEngine(`${resource.kind} ${resource.id} could not be removed`, async ({ engine }) => {
        await slots.forgetEnvironment(resource.id);
        await removeResource(engine, installationId, resource, faultPoints);
      }),
  };
}
