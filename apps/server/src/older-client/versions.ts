import type { OlderRequest, OlderRoute } from './route.ts';
import { isUuid } from '../domain/primitives/uuid.ts';
import { ServiceError } from '../platform/service-error.ts';
import { get, parseQuery, workspaceOf } from './route.ts';
import { pageQuery, toOlderPage } from './pages.ts';
import { toConfiguration, toDeployment, toFiles } from './versions-serializers.ts';

type Named = 'latest' | (string & {});

/** Finds a deployment by its id or number; `latest` is the newest. */
async function findDeployment(request: OlderRequest, named: Named) {
  const { call } = request;
  const params = workspaceOf(request);
  if (named === 'latest') return call('get_deployment_latest', { params });
  if (isUuid(named)) return call('get_deployment', { params: { ...params, deployment_id: named } });
  const query = { version: readVersion(named, 'deployment') };
  const { items } = await call('list_deployments', { params, query });
  return items[0] ?? missing('deployment', named);
}

/** Finds a configuration as `findDeployment` does. */
async function findConfiguration(request: OlderRequest, named: Named) {
  const { call } = request;
  const params = workspaceOf(request);
  if (named === 'latest') return call('get_configuration_latest', { params });
  if (isUuid(named)) return call('get_configuration', { params: { ...params, configuration_id: named } });
  const query = { version: readVersion(named, 'configuration') };
  const { items } = await call('list_configurations', { params, query });
  return items[0] ?? missing('configuration', named);
}

function readVersion(text: string, kind: string): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : missing(kind, text);
}

function missing(kind: string, named: string): never {
  throw new ServiceError('not_found', `There is no ${kind} ${named}.`);
}

async function readDeployment(request: OlderRequest) {
  const found = await findDeployment(request, request.params['version'] ?? '');
  const { deployments } = request.services.readPackages;
  const hashes = await deployments.readOlderContentHashes(found.workspace_id, [found.id]);
  // Only the releases before 0.25 read the names.
  const files = request.release.readsDefinitions ? [] : await listDeploymentFiles(request, found.id);
  return toDeployment(found, { olderContentHash: hashes.get(found.id), fileNames: namesOf(files) });
}

async function readConfiguration(request: OlderRequest) {
  const found = await findConfiguration(request, request.params['version'] ?? '');
  const { configurations } = request.services.readPackages;
  const hashes = await configurations.readOlderContentHashes(found.workspace_id, [found.id]);
  const files = request.release.readsDefinitions ? [] : await listConfigurationFiles(request, found.id);
  return toConfiguration(found, { olderContentHash: hashes.get(found.id), fileNames: namesOf(files) });
}

function namesOf(files: readonly { relative_path: string }[]): string[] {
  return files.map(({ relative_path: path }) => path);
}

/** Lists show no file names. */
async function listDeployments(request: OlderRequest) {
  const params = workspaceOf(request);
  const page = await request.call('list_deployments', { params, query: parseQuery(pageQuery, request) });
  const { deployments } = request.services.readPackages;
  const hashes = await deployments.readOlderContentHashes(
    params.workspace_id,
    page.items.map(({ id }) => id),
  );
  return toOlderPage(page, (one) => toDeployment(one, { olderContentHash: hashes.get(one.id) }));
}

/** As `listDeployments`. */
async function listConfigurations(request: OlderRequest) {
  const params = workspaceOf(request);
  const page = await request.call('list_configurations', { params, query: parseQuery(pageQuery, request) });
  const { configurations } = request.services.readPackages;
  const hashes = await configurations.readOlderContentHashes(
    params.workspace_id,
    page.items.map(({ id }) => id),
  );
  return toOlderPage(page, (one) => toConfiguration(one, { olderContentHash: hashes.get(one.id) }));
}

async function listDeploymentFiles(request: OlderRequest, id: string) {
  const params = { ...workspaceOf(request), deployment_id: id };
  return (await request.call('get_deployment_files', { params })).files;
}

async function listConfigurationFiles(request: OlderRequest, id: string) {
  const params = { ...workspaceOf(request), configuration_id: id };
  return (await request.call('get_configuration_files', { params })).files;
}

/** Deployments and configurations. `version` in a path is a number, an id or `latest`. */
export const versionRoutes: readonly OlderRoute[] = [
  get('/workspaces/:workspace_id/deployments', listDeployments),
  get('/workspaces/:workspace_id/deployments/:version', readDeployment),
  get('/workspaces/:workspace_id/deployments/:version/files', async (request) => {
    const { id } = await findDeployment(request, request.params['version'] ?? '');
    return toFiles(await listDeploymentFiles(request, id));
  }),
  get('/workspaces/:workspace_id/configurations', listConfigurations),
  get('/workspaces/:workspace_id/configurations/:version', readConfiguration),
  get('/workspaces/:workspace_id/configurations/:version/files', async (request) => {
    const { id } = await findConfiguration(request, request.params['version'] ?? '');
    return toFiles(await listConfigurationFiles(request, id));
  }),
];
