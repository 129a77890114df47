import type { Job } from './script-serializers.ts';
import type { OlderRequest, OlderRoute } from './route.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { jobType, queryList, triggeredJobStatus } from '@pumphouse/contract';
import { z } from 'zod';
import { findScript, searchScript } from './find-script.ts';
import { change, get, parseBody, parseQuery, post, workspaceOf } from './route.ts';
import { changedScript, describePostedScript, postedScript } from './posted-script.ts';
import { pageQuery, toOlderPage } from './pages.ts';
import { ServiceError } from '../platform/service-error.ts';
import { toRun } from './run-serializers.ts';
import { toScript, toScriptVersion } from './script-serializers.ts';

const definition = z.record(z.string(), z.unknown());
const postedDefinition = z.object({ job_definition: definition, deployment_module: z.string().nullish() });
const deployedManifest = z.object({
  jobs: z.array(definition),
  job_definition_engine_version: z.int().default(1),
  job_definition_hash: z.string().default(''),
  deployment_module: z.string().nullish(),
  description: z.string().nullish(),
  dry_run: z.boolean().default(false),
});
const triggered = z.object({
  job_refs: z.array(z.string()).nullish(),
  selectors: z.array(z.string()).nullish(),
  profile: z.string().nullish(),
  refresh: z.boolean().default(false),
  dry_run: z.boolean().default(false),
});
const scriptQuery = pageQuery.extend({
  script_type: queryList(jobType).optional(),
  archived: z.enum(['all', 'true', 'false']).default('all'),
});

/** Statuses that the client has no word for; any other text makes it fail. */
const shownStatus: Partial<Record<string, string>> = {
  skipped_paused: 'skipped_out_of_interval',
  skipped_workspace_archived: 'skipped_out_of_interval',
};

type DeployResponse = RouteResponseInput<'deploy_workspace'>;
type DeployedJob = DeployResponse['job_receipt']['succeeded'][number];
type TriggeredJob = RouteResponseInput<'trigger_jobs'>['succeeded'][number];
type DetailedJob = RouteResponseInput<'get_job'>;

async function listScripts(request: OlderRequest) {
  const { archived, script_type, ...page } = parseQuery(scriptQuery, request);
  const query = {
    ...page,
    ...(script_type ? { job_type: script_type } : {}),
    ...(archived === 'all' ? {} : { is_archived: archived === 'true' }),
  };
  const found = await request.call('list_jobs', { params: workspaceOf(request), query });
  return toOlderPage(found, (job) => toDetailedScript(job, request));
}

function toDetailedScript(job: DetailedJob, { release }: OlderRequest) {
  return {
    ...toScript(job, release),
    last_run: job.latest_job_run ? toRun(job.latest_job_run, release) : null,
    next_scheduled_run: job.next_scheduled_run_at ?? null,
  };
}

async function readScript(request: OlderRequest, named: string) {
  const { id } = await findScript(request, named);
  const params = { ...workspaceOf(request), job_id: id };
  return toDetailedScript(await request.call('get_job', { params, query: {} }), request);
}

/** Creates or updates one job; releases before 0.25 send other fields than later ones. */
async function postScript(request: OlderRequest) {
  if (typeof request.body === 'object' && request.body !== null && 'job_definition' in request.body) {
    const { job_definition: job, deployment_module: module } = parseBody(postedDefinition, request);
    if (module != null)
      throw new ServiceError('invalid_request', 'Deploy the jobs of a module together, as a manifest.');
    return deployOne(request, { engine_version: 1, ...job });
  }
  const posted = parseBody(postedScript, request);
  const existing = await searchScript(request, posted.name);
  // A job of a module has its definition and its schedule in the code.
  if (existing?.deployment_module != null) return toScript(existing, request.release);
  if (existing) requireSameName(existing, posted.name);
  const entry_point = await findDeployedFile(request, posted.entry_point);
  return deployOne(request, describePostedScript({ ...posted, entry_point }, existing));
}

/** Changes single fields of a job that was created by posting a script. */
async function changeScript(request: OlderRequest) {
  const { named, suffix } = splitPath(request);
  if (suffix !== '') throw unknownOperation(request);
  const changes = parseBody(changedScript, request);
  const existing = await findScript(request, named);
  const { name, entry_point, description, script_type, ...script } = toScript(existing, request.release);
  if (existing.deployment_module != null || entry_point.includes('::'))
    throw new ServiceError('invalid_request', 'The job is defined in code. Change the code, then deploy it.');
  if (changes.name !== undefined && changes.name !== name)
    throw new ServiceError('invalid_request', 'A job keeps its name. Create another with the new name.');
  const current = postedScript.parse({ ...script, name, entry_point, description, script_type });
  return deployOne(request, describePostedScript({ ...current, ...changes }, existing));
}

/** Two names can have one job ref, because a ref has fewer characters. */
function requireSameName({ name, job_ref: ref }: Job, posted: string): void {
  if (name == null || name === posted || posted.endsWith('.py')) return;
  throw new ServiceError(
    'invalid_request',
    `The name "${posted}" is too similar to "${name}": both are the job ${ref}. Choose another name.`,
  );
}

/** Releases 0.21 to 0.24 send only the name of the file, without its folder. */
async function findDeployedFile(request: OlderRequest, path: string): Promise<string> {
  if (path.includes('/')) return path;
  const { call } = request;
  const params = workspaceOf(request);
  const { items } = await call('list_deployments', { params, query: { limit: 1 } });
  const [latest] = items;
  if (!latest) return path;
  const { files } = await call('get_deployment_files', { params: { ...params, deployment_id: latest.id } });
  const paths = files.map((file) => file.relative_path);
  if (paths.includes(path)) return path;
  const [only, ...others] = paths.filter((one) => one.endsWith(`/${path}`));
  if (only === undefined || others.length === 0) return only ?? path;
  throw new ServiceError(
    'invalid_request',
    `Several files are called ${path}: ${[only, ...others].join(', ')}. Rename one of them, then deploy again.`,
  );
}

async function deployOne(request: OlderRequest, job: Record<string, unknown>) {
  const body = { jobs: [job], job_definition_engine_version: 2, job_definition_hash: '' };
  const { job_receipt: receipt } = await request.call('deploy_workspace', {
    params: workspaceOf(request),
    body,
  });
  const [deployed] = [...receipt.succeeded, ...receipt.skipped];
  if (!deployed) throw new Error('The deploy of one job returned none');
  return toScript(deployed.job, request.release);
}

async function deployManifest(request: OlderRequest) {
  const { jobs, ...manifest } = parseBody(deployedManifest, request);
  // The definitions of this client have no version of their own.
  const engineVersion = manifest.job_definition_engine_version;
  const body = { ...manifest, jobs: jobs.map((job) => ({ engine_version: engineVersion, ...job })) };
  const answer = await request.call('deploy_workspace', { params: workspaceOf(request), body });
  const { succeeded, skipped } = answer.job_receipt;
  const scriptsOf = (outcome: DeployedJob['outcome']) =>
    succeeded.filter((one) => one.outcome === outcome).map((one) => toScript(one.job, request.release));
  return {
    deployment_module: answer.deployment_module ?? null,
    warnings: answer.warnings,
    added: scriptsOf('created'),
    archived: scriptsOf('archived'),
    unchanged: skipped.map((one) => toScript(one.job, request.release)),
    updated: succeeded
      .filter((one) => one.outcome === 'updated')
      .map(({ job, previous_version: previous }) => ({
        script: toScript(job, request.release),
        ...(previous ? { previous_version: toScriptVersion(previous, request.release) } : {}),
      })),
  };
}

async function triggerScripts(request: OlderRequest) {
  const { job_refs, selectors, profile, refresh, dry_run } = parseBody(triggered, request);
  const jobs = await Promise.all((job_refs ?? []).map((ref) => findScript(request, ref)));
  const answer = await request.call('trigger_jobs', {
    params: workspaceOf(request),
    body: {
      job_ids: jobs.map(({ id }) => id),
      selectors: selectors ?? [],
      profile: profile ?? null,
      refresh,
      dry_run,
    },
  });
  const started = [...answer.succeeded, ...answer.skipped];
  const [failure] = answer.failed;
  // The client has no word for a job that cannot start.
  if (started.length === 0 && failure) throw new ServiceError('start_declined', failure.detail);
  return { triggered: started.map((job) => toTriggered(job, request)) };
}

function toTriggered(job: TriggeredJob, { release }: OlderRequest) {
  const status = triggeredJobStatus.safeParse(job.status).data ?? 'triggered';
  return {
    script_id: job.job_id,
    job_ref: job.job_ref,
    trigger: job.trigger,
    matched_triggers: job.matched_triggers,
    status: shownStatus[status] ?? status,
    run_id: job.job_run_id ?? null,
    run: job.job_run ? toRun(job.job_run, release) : null,
  };
}

/** Part of a path after the name of a job, which may contain slashes. */
const suffixes = ['/public-url', '/archive', '/versions/latest', '/versions'] as const;
type Suffix = (typeof suffixes)[number] | `/versions/${string}` | '';

/** Splits the rest of a path into the name of a job and what follows it. */
function splitPath({ params }: OlderRequest): { named: string; suffix: Suffix } {
  const rest = params['*'] ?? '';
  const suffix = suffixes.find((one) => rest.endsWith(one));
  if (suffix) return { named: rest.slice(0, -suffix.length), suffix };
  const version = /^(.+)(\/versions\/[^/]+)$/.exec(rest);
  if (!version) return { named: rest, suffix: '' };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the pattern begins so
  return { named: version[1] ?? '', suffix: (version[2] ?? '') as `/versions/${string}` };
}

async function readBelowScript(request: OlderRequest) {
  const { named, suffix } = splitPath(request);
  if (suffix === '') return readScript(request, named);
  if (!suffix.startsWith('/versions')) throw unknownOperation(request);
  const { id } = await findScript(request, named);
  const params = { ...workspaceOf(request), job_id: id };
  const toItem = (version: Parameters<typeof toScriptVersion>[0]) =>
    toScriptVersion(version, request.release);
  if (suffix === '/versions') {
    const query = parseQuery(pageQuery, request);
    return toOlderPage(await request.call('list_job_versions', { params, query }), toItem);
  }
  const wanted = suffix.slice('/versions/'.length);
  const { items } = await request.call('list_job_versions', { params, query: { limit: 1000 } });
  const found =
    wanted === 'latest'
      ? items[0]
      : items.find(({ id: own, version }) => [own, String(version)].includes(wanted));
  if (!found) throw new ServiceError('not_found', `The job ${named} has no version ${wanted}.`);
  return toItem(found);
}

/** Calls an operation that switches a job on or off. */
async function switchScript(request: OlderRequest, operations: Partial<Record<Suffix, SwitchOperation>>) {
  const { named, suffix } = splitPath(request);
  const operation = operations[suffix];
  if (!operation) throw unknownOperation(request);
  const { id } = await findScript(request, named);
  const params = { ...workspaceOf(request), job_id: id };
  return toScript(await request.call(operation, { params }), request.release);
}

type SwitchOperation = 'archive_job' | 'unarchive_job' | 'publish_job' | 'unpublish_job';

function unknownOperation({ request }: OlderRequest): ServiceError {
  const [path] = request.url.split('?', 1);
  return new ServiceError('not_found', `There is no operation ${request.method} ${path}.`);
}

/** Jobs. Their names are not encoded in paths, so everything after `scripts/` is read as one. */
export const scriptRoutes: readonly OlderRoute[] = [
  get('/workspaces/:workspace_id/scripts', listScripts),
  post('/workspaces/:workspace_id/scripts', postScript),
  change('PUT', '/workspaces/:workspace_id/deployment_manifest', deployManifest),
  post('/workspaces/:workspace_id/scripts/trigger', triggerScripts),
  get('/workspaces/:workspace_id/scripts/*', readBelowScript),
  post('/workspaces/:workspace_id/scripts/*', (request) =>
    switchScript(request, { '/public-url': 'publish_job' }),
  ),
  change('PATCH', '/workspaces/:workspace_id/scripts/*', changeScript),
  change('PUT', '/workspaces/:workspace_id/scripts/*', (request) =>
    switchScript(request, { '/archive': 'archive_job' }),
  ),
  change('DELETE', '/workspaces/:workspace_id/scripts/*', (request) =>
    switchScript(request, { '/archive': 'unarchive_job', '/public-url': 'unpublish_job' }),
  ),
];
