/** Runs attempts with the executor of a worker, on another machine. */
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptInspection } from '../contract/attempt-runner.ts';
import { EnvironmentBuildError, type EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import type { Resource, ResourceOwner } from '../../domain/retention/resource.ts';
import type { WorkerLink } from './worker-link.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { lostConnection } from './worker-link.ts';
import { maxSpoolBytes } from './protocol.ts';
import { remoteName, unwrapHandle, unwrapLocation, wrapHandle, wrapLocation } from './worker-names.ts';

export interface RemoteWorker {
  id: string;
  name: string;
}

const noCapabilities = {
  memoryLimit: false,
  isolated: false,
  interactive: false,
  localDataInObjects: false,
};

/**
 * Creates the executor of a worker over its connection. After the connection is lost, every attempt is
 * `unknown` and all else fails; the next connection has an executor of its own.
 * @param link null for a worker that is not connected
 */
export function createRemoteExecutor(worker: RemoteWorker, link: WorkerLink | null): Executor {
  const requireLink = (): WorkerLink => {
    if (!link?.isOpen) throw lostConnection(worker.name);
    return link;
  };
  const innerHandle = (handle: AttemptHandle): AttemptHandle => {
    const inner = unwrapHandle(worker.id, handle);
    if (!inner) throw new ExecutorError('backend', describeElsewhere(worker.name));
    return inner;
  };
  const innerLocation = (location: EnvironmentLocation): EnvironmentLocation => {
    const inner = unwrapLocation(worker.id, location);
    if (!inner) throw new ExecutorError('config', `The environment is not on the worker ${worker.name}.`);
    return inner;
  };
  const isHere = (location: EnvironmentLocation): boolean => unwrapLocation(worker.id, location) !== null;
  const wrapOwner = (owner: ResourceOwner): ResourceOwner => {
    if (owner.kind !== 'environment' || !link) return owner;
    const location = { executor: link.hello.executor, path: owner.path };
    return { ...owner, path: wrapLocation(worker.id, location).path };
  };

  return {
    name: remoteName,
    capabilities: () => link?.status.capabilities ?? noCapabilities,
    describePressure: () => link?.status.pressure ?? null,
    findObstacle: async () => null,
    async probe() {
      try {
        return await requireLink().call('probe', null);
      } catch (error) {
        return { ok: false, detail: error instanceof Error ? error.message : String(error) };
      }
    },
    readMachine: async () => requireLink().call('readMachine', null),

    async start(spec) {
      const { attemptsUrl: _url, attemptsSocket: _socket, environment, ...sent } = spec;
      const started = await requireLink().call('start', { ...sent, environment: innerLocation(environment) });
      return wrapHandle(worker.id, started);
    },
    async redirect(handle, notice) {
      const inner = unwrapHandle(worker.id, handle);
      if (inner && link?.isOpen) await link.call('redirect', { handle: inner, notice });
    },
    async inspect(handle): Promise<AttemptInspection> {
      const inner = unwrapHandle(worker.id, handle);
      if (!inner) return { state: 'unknown', detail: describeElsewhere(worker.name) };
      try {
        const { state, ...rest } = await requireLink().call('inspect', { handle: inner });
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsed by the schema of the method
        return { state, ...rest } as AttemptInspection;
      } catch (error) {
        // Only an answer of the worker may say that an attempt is missing.
        return { state: 'unknown', detail: error instanceof Error ? error.message : String(error) };
      }
    },
    async stop(handle, { graceSeconds }) {
      await requireLink().call('stop', { handle: innerHandle(handle), graceSeconds });
    },
    async remove(handle) {
      await requireLink().call('remove', { handle: innerHandle(handle) });
    },
    async list() {
      const listed = await requireLink().call('list', null);
      return listed.map((one) => ({ ...one, handle: wrapHandle(worker.id, one.handle) }));
    },
    async readSpool(handle, offset, maxBytes) {
      const inner = unwrapHandle(worker.id, handle);
      if (!inner) return null;
      const chunks: Buffer[] = [];
      for (let read = 0; read < maxBytes;) {
        const wanted = Math.min(maxBytes - read, maxSpoolBytes);
        const chunk = await requireLink().call('readSpool', {
          handle: inner,
          offset: offset + read,
          maxBytes: wanted,
        });
        if (chunk === null) return chunks.length === 0 ? null : Buffer.concat(chunks);
        const bytes = Buffer.from(chunk, 'base64');
        chunks.push(bytes);
        read += bytes.length;
        if (bytes.length < wanted) break;
      }
      return Buffer.concat(chunks);
    },

    async listPythons() {
      const open = requireLink();
      return open.status.listsPythons ? open.call('listPythons', null) : [];
    },
    async buildEnvironment(spec, onLine, signal) {
      const {
        key,
        organizationId,
        workspaceId,
        pythonVersion,
        requirements,
        variables,
        maskedValues,
        packageSources,
        uid,
        upload,
      } = spec;
      const sent = {
        key,
        organizationId,
        workspaceId,
        pythonVersion,
        requirements,
        variables,
        maskedValues,
        packageSources,
        uid,
        upload,
      };
      const open = requireLink();
      if (packageSources !== undefined && !open.status.usesPackageSources)
        throw new EnvironmentBuildError('builder_failed', describeOldWorker(worker.name));
      return wrapLocation(worker.id, await open.call('buildEnvironment', sent, { onLine, signal }));
    },
    async hasEnvironment(location, onLine) {
      if (!isHere(location)) return false;
      return requireLink().call('hasEnvironment', { location: innerLocation(location) }, { onLine });
    },
    async removeEnvironment(location) {
      await requireLink().call('removeEnvironment', { location: innerLocation(location) });
    },
    async measureEnvironment(location) {
      if (!isHere(location)) return 0;
      return requireLink().call('measureEnvironment', { location: innerLocation(location) });
    },
    listCaches: async () => requireLink().call('listCaches', null),
    async removeCache(organizationId) {
      await requireLink().call('removeCache', { organizationId });
    },
    listStoredPackages: async () => requireLink().call('listStoredPackages', null),
    async removeStoredPackages(ids) {
      await requireLink().call('removeStoredPackages', { ids: [...ids] });
    },

    async takeSnapshot(scope, isWhole, extent) {
      const sent = { scope, ...(extent?.only === undefined ? {} : { extent: { only: extent.only } }) };
      return requireLink().call('takeSnapshot', sent, { onAsk: isWhole });
    },
    async refreshCopy(handle, scope) {
      await requireLink().call('refreshCopy', { handle: innerHandle(handle), scope });
    },

    async listResources({ withSizes }) {
      const resources: Resource[] = await requireLink().call('listResources', { withSizes });
      return resources.map((one) => ({ ...one, owner: wrapOwner(one.owner) }));
    },
    async removeResource({ kind, id }) {
      await requireLink().call('removeResource', { kind, id });
    },

    localDataFiles: null,
    appConnector: link?.hello.hasAppConnector
      ? {
          connect: async (handle, port) =>
            requireLink().openConnection((connection) =>
              requireLink().call('connect', { handle: innerHandle(handle), port, connection }),
            ),
        }
      : null,
    templates: link?.status.templates
      ? {
          // The worker reviews and closes its templates itself.
          review: async () => undefined,
          list: () => link.status.templates?.list ?? [],
          describeProblem: () => link.status.templates?.problem ?? null,
          close: async () => undefined,
        }
      : null,
  };
}

function describeOldWorker(name: string): string {
  return `The worker ${name} is of an older version, which does not use the package indexes and sources of pyproject.toml. Upgrade the worker.`;
}

function describeElsewhere(name: string): string {
  return `The attempt was started elsewhere, not on the worker ${name}.`;
}
