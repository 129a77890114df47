import type { EnvironmentBuilder, EnvironmentLine } from '../contract/environment-builder.ts';
import type { DockerBackend } from './docker-backend.ts';
import { buildEnvironment, readEnvironmentDetails, removeEnvironment } from './environments.ts';
import type { Slots } from './slots/slots.ts';
import { listCacheVolumes, sumCaches } from './volume-sizes.ts';
import { removeVolume } from './volumes.ts';

/** Builds environments as volumes. */
export function createEnvironmentBuilder(backend: DockerBackend, slots: Slots): EnvironmentBuilder {
  const { installationId, buildLimits, faultPoints } = backend;
  return {
    listPythons: () =>
      backend.withEngine('The images cannot be listed', ({ images }) => images.listPythons()),
    buildEnvironment: (spec, onLine, signal) =>
      backend.withEngine('The environment could not be built', async (connection) => {
        const image = await connection.images.require(spec.pythonVersion, asLines(onLine));
        const buildsNetwork = await backend.requireNetwork(connection, 'builds');
        const context = {
          engine: connection.engine,
          installationId,
          image,
          network: buildsNetwork.name,
          machine: await connection.closeMachine(backend.describeHost(connection, image.id), buildsNetwork),
          engineCpus: connection.details.cpus,
          limits: buildLimits,
          faultPoints,
        };
        return buildEnvironment(context, spec, onLine, signal);
      }),
    hasEnvironment: (location, onLine = () => undefined) =>
      backend.withEngine('The environment cannot be inspected', async ({ engine, images }) => {
        const details = await readEnvironmentDetails(engine, location);
        if (details === null) return false;
        // An environment built on another base uses an interpreter that this image lacks.
        const image = await images.require(details.python, asLines(onLine));
        return image.base === details.base;
      }),
    removeEnvironment: (location) =>
      backend.withEngine('The environment could not be removed', async ({ engine }) => {
        await slots.forgetEnvironment(location.path);
        await removeEnvironment(engine, location, faultPoints);
      }),
    measureEnvironment: ({ path }) =>
      backend.withEngine('The environment cannot be measured', async ({ measureVolumes }) => {
        const volumes = await measureVolumes('environment');
        return volumes.find(({ name }) => name === path)?.sizeBytes ?? 0;
      }),
    listCaches: () =>
      backend.withEngine('The caches cannot be listed', async ({ measureVolumes }) =>
        sumCaches(await measureVolumes('cache')),
      ),
    removeCache: (organizationId) =>
      backend.withEngine('The cache could not be removed', async ({ engine }) => {
        const volumes = await listCacheVolumes(engine, installationId, organizationId);
        for (const name of volumes) await removeVolume(engine, name);
      }),
    // Environments are volumes, without links between them.
    listStoredPackages: () => Promise.resolve([]),
    removeStoredPackages: () => Promise.resolve(),
  };
}

function asLines(onLine: (line: EnvironmentLine) => void): (text: string) => void {
  return (text) => onLine({ stream: 'stdout', text });
}
