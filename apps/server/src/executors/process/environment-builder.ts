import type { EnvironmentBuilder, EnvironmentLocation } from '../contract/environment-builder.ts';
import { buildEnvironment, readEnvironmentMarker, removeEnvironment } from './build-environment.ts';
import { createCompileQueue } from './bytecode.ts';
import { listCaches, measureEnvironment, removeCache } from './environment-folders.ts';
import { createInterpreterCompiler } from './interpreter-bytecode.ts';
import { chooseSupported } from '../../domain/environments/choose-python.ts';
import { listInstalledPythons } from './python-interpreter.ts';
import { planNetwork } from './isolated-network.ts';
import { openPackageStore } from './package-store.ts';
import type { Templates } from './templates/templates.ts';
import { requireIsolation, type ProcessBackend } from './process-backend.ts';

const DEFAULT_SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Builds environments on this machine, and keeps the package store and the caches of builds. */
export function createEnvironmentBuilder(
  backend: ProcessBackend,
  templates: Templates | null,
): EnvironmentBuilder {
  const { dataDir, isolation, faultPoints, log } = backend;
  const packageStore = openPackageStore(backend);
  const compileQueue =
    isolation === null
      ? null
      : createCompileQueue({ ...backend, isolation }, (error, path) =>
          log.warn({ err: error, path }, 'Modules of an environment could not be compiled'),
        );

  const interpreterCompiler = createInterpreterCompiler(backend.bootstrapDir, log);

  /**
   * Whether an environment exists. Modules that a build or an ended server left uncompiled are queued for
   * compilation.
   */
  const findEnvironment = async (location: EnvironmentLocation): Promise<boolean> => {
    const marker = await readEnvironmentMarker(dataDir, location);
    if (marker !== null) {
      interpreterCompiler.add(marker.python);
      compileQueue?.add(location, marker.python);
    }
    return marker !== null;
  };

  const searchPath = backend.searchPath ?? DEFAULT_SEARCH_PATH;

  return {
    async listPythons() {
      return chooseSupported(await listInstalledPythons({ uvPath: backend.uvPath, searchPath, dataDir }));
    },
    async buildEnvironment(spec, onLine, signal) {
      const isolated = requireIsolation(backend);
      const network = planNetwork(isolated, { kind: 'build' });
      const location = await buildEnvironment(
        { ...isolated, searchPath, pythonDownloads: backend.pythonDownloads ?? null, network },
        spec,
        onLine,
        signal,
      );
      await findEnvironment(location);
      return location;
    },
    hasEnvironment: findEnvironment,
    async removeEnvironment(location) {
      await compileQueue?.abandon(location);
      await templates?.forgetEnvironment(location.path);
      await removeEnvironment(dataDir, location, faultPoints);
    },
    measureEnvironment: (location) => measureEnvironment(dataDir, location),
    listCaches: () => listCaches(dataDir),
    removeCache: (organizationId) => removeCache(dataDir, organizationId),
    listStoredPackages: () => packageStore.list(),
    removeStoredPackages: (ids) => packageStore.remove(ids),
  };
}
