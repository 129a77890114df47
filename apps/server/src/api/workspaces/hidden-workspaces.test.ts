import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { OperationId, Route } from '@pumphouse/contract';
import type { Scene } from '../testing/audit-scene.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeys } from '../../services/keys/keys.ts';
import { eventSubscriptionScenarios } from '../testing/audit-scenarios-events.ts';
import { alertChannelScenarios } from '../testing/audit-scenarios-alerts.ts';
import { savedViewScenarios } from '../testing/audit-scenarios-saved-views.ts';
import { alertRuleScenarios } from '../testing/audit-scenarios-alert-rules.ts';
import { workspaceScenarios } from '../testing/audit-scenarios-workspaces.ts';
import { createScene } from '../testing/audit-scene.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { writeLocalData } from '../testing/local-data-files.ts';
import { requirements, routes } from '@pumphouse/contract';
import { requireUser } from '../../services/sign-in/principal.ts';
import { addPipelineRun } from '../../store/postgres/testing/pipelines.ts';

/*
 * A resource that the caller has no access to does not exist for them: the response must match that for an
 * unknown id, word for word except for the id.
 */

const table: readonly Route[] = routes;
const placed = table.filter(({ permission }) =>
  ['workspace', 'organization'].includes(requirements[permission].scope),
);

let api: ApiFixture;
/** The caller's own scene, and the scene of another user. */
let own: Scene;
let other: Scene;
/** Ids of resources hidden from the caller, by location and by path parameter. */
let foreign: Record<string, Record<string, string>>;
/** Callers without access to the other scene. */
let strangers: Record<string, Pick<TestCaller, 'key' | 'principal'>>;

beforeAll(async () => {
  api = await createApiFixture();
  [own, other] = [await createScene(api), await createScene(api)];
  const personal = { name: 'Personal', days: null };
  foreign = {
    'another organization': {
      job_id: other.jobId,
      ...(await createRuns(other)),
      deployment_id: other.oldCode.id,
      configuration_id: other.oldConfiguration.id,
      webhook_id: other.webhook.webhook.id,
      backfill_id: await createBackfill(other),
      ...(await createAlerts(other)),
      ...(await createEvents(other)),
      ...(await savedViewScenarios.update_saved_view?.prepare(other))?.params,
      ...(await workspaceScenarios.delete_cost_rates?.prepare(other))?.params,
      worker_id: (await api.services.workers.create(other.organization.id, 'edge-1')).worker.id,
      membership_id: other.owner.membershipId,
      ...(await createOffers(other, other.workspace.id)),
      profile: await createLocalData(other),
    },
    'another account': {
      session_id: (await other.beginSession()).sessionId,
      key_id: (await createKeys(api.persistence).createPersonal(other.owner.principal, personal)).key.id,
    },
    // Members are not included: managers of a workspace may see all members of the organization.
    'another workspace of the own organization': await createOffers(own, await createSibling()),
  };
  const secret = await createKeys(api.persistence).create({
    email: own.owner.principal.email,
    days: 1,
    workspace: { id: own.workspace.id, role: 'developer' },
  });
  const principal = requireUser(await api.credentials.authenticateUser(secret));
  const bystander = await api.createCaller({ id: other.organization.id, role: 'member' });
  strangers = {
    'the owner of another organization': own.owner,
    'the key of another workspace': { key: secret, principal },
    'a member of the organization without a role in the workspace': bystander,
  };
});
afterAll(() => api.close());

/** A run, the pipeline run it reported, and the schema of that pipeline run, with a table. */
async function createRuns({ startRun, workspace }: Scene) {
  const run = await startRun();
  const attempt = await api.createAttempt(run);
  const names = {
    pipeline_name: randomUUID(),
    dataset_name: randomUUID(),
    schema_name: randomUUID(),
    version_hash: randomUUID(),
    table_name: randomUUID(),
  };
  const id = await addPipelineRun(api.testDatabase.database, {
    workspaceId: workspace.id,
    jobRunId: run.id,
    attemptId: attempt.id,
    transactionId: 'a',
    pipelineName: names.pipeline_name,
    datasetName: names.dataset_name,
    status: 'succeeded',
  });
  await api.persistence.store.schemaVersions.insert({
    workspaceId: workspace.id,
    pipelineName: names.pipeline_name,
    schemaName: names.schema_name,
    versionHash: names.version_hash,
    version: 1,
    previousHashes: [],
    destinationName: null,
    datasetName: names.dataset_name,
    document: { tables: { [names.table_name]: { columns: { id: { data_type: 'bigint' } } } } },
    jobRunId: run.id,
  });
  await api.persistence.store.telemetry.upsertDatasetSchema({
    workspaceId: workspace.id,
    datasetName: names.dataset_name,
    pipelineName: names.pipeline_name,
    schemaName: names.schema_name,
    tableNames: [names.table_name],
  });
  return { job_run_id: run.id, pipeline_run_id: id, ...names };
}

async function createBackfill({ at, jobId }: Scene): Promise<string> {
  const dayMs = 86_400_000;
  const { id } = await api.services.createBackfills.create({
    ...at,
    jobId,
    start: new Date(Date.now() - 5 * dayMs),
    end: new Date(),
    mode: 'missing',
    chunkTicks: 1,
    newestFirst: false,
    parallel: 1,
    profile: null,
    priority: null,
    maxFailures: null,
  });
  return id;
}

/** A rule with an incident, and a channel with a delivery. */
async function createAlerts(scene: Scene): Promise<Record<string, string>> {
  const { store } = api.persistence;
  const incident = await alertRuleScenarios.acknowledge_alert_incident?.prepare(scene);
  const delivery = await alertChannelScenarios.send_alert_delivery_again?.prepare(scene);
  const [rule] = await store.alertRules.list(scene.workspace.id);
  const [channel] = await store.alertChannels.list(scene.workspace.id);
  if (!rule || !channel) throw new Error('There is no rule, or no channel');
  return { ...incident?.params, ...delivery?.params, rule_id: rule.id, channel_id: channel.id };
}

/** A subscription with a delivery. */
async function createEvents(scene: Scene): Promise<Record<string, string>> {
  const delivery = await eventSubscriptionScenarios.redeliver_event?.prepare(scene);
  const [subscription] = await api.persistence.store.eventSubscriptions.list(scene.workspace.id);
  if (!subscription) throw new Error('There is no subscription');
  return { ...delivery?.params, subscription_id: subscription.id };
}

/** Local data under a profile that the other workspaces do not have. */
async function createLocalData({ workspace }: Scene): Promise<string> {
  await writeLocalData(api.folder, { workspaceId: workspace.id, profile: 'theirs' }, 'rows.csv', '1');
  return 'theirs';
}

/** Another workspace of the caller's organization, which the caller also owns. */
async function createSibling(): Promise<string> {
  const { store } = api.persistence;
  const wanted = { organizationId: own.organization.id, name: 'Sibling', description: null };
  const { id } = await store.workspaces.create(wanted);
  await store.workspaces.addMember(id, own.owner.membershipId, 'owner');
  return id;
}

/** An invitation to a workspace, and a key of it. */
async function createOffers({ owner }: Scene, workspaceId: string) {
  const invited = { workspaceId, email: 'somebody@example.com', role: 'viewer' as const };
  const { invitations } = api.dependencies.services;
  const { invitation } = await invitations.createToWorkspace(owner.principal, invited, '');
  const wanted = { name: 'A key', days: null, role: 'viewer' as const };
  const { key } = await createKeys(api.persistence).createOfWorkspace(owner.principal, workspaceId, wanted);
  return { invitation_id: invitation.id, key_id: key.id };
}

const someDays = { start: '2026-03-01T00:00:00Z', end: '2026-03-02T00:00:00Z' };

/** Without these the operation rejects the call before it looks up the ids in the path. */
const needed: Partial<Record<OperationId, { query?: string; payload?: object }>> = {
  compare_deployment_file: { query: '?path=a.py' },
  compare_configuration_file: { query: '?path=secrets.toml' },
  set_organization_member_role: { payload: { role: 'member' } },
  set_workspace_member: { payload: { role: 'viewer' } },
  build_manifest: { payload: {} },
  start_job: { payload: {} },
  preview_backfill: { payload: someDays },
  create_backfill: { payload: someDays },
  invalidate_job_windows: { payload: { ...someDays, reason: 'a reason' } },
  change_backfill: { payload: {} },
  cancel_backfill: { payload: {} },
  retry_backfill: { payload: {} },
  skip_backfill_windows: { payload: { windows: [1] } },
  finish_pending_packages: { payload: { profile: 'prod' } },
  drop_pending_packages: { payload: { profile: 'prod' } },
  replace_alert_rule: { payload: { name: 'Failures', kind: 'run_failed' } },
  mute_alert_rule: { payload: { until: null } },
  mute_job_alerts: { payload: { until: null } },
  snooze_alert_incident: { payload: { until: new Date(Date.now() + 86_400_000).toISOString() } },
  update_saved_view: { payload: {} },
  update_alert_channel: { payload: { name: 'Chat', url: 'https://hooks.example.com/a' } },
  replace_alert_channel_secret: { payload: { overlap_hours: 1 } },
  update_event_subscription: { payload: { name: 'Events' } },
  replace_event_subscription_secret: { payload: { overlap_hours: 1 } },
  set_deployment_message: { payload: { message: 'a message' } },
  open_app: { payload: {} },
  publish_app: { payload: {} },
  set_webhook_signing_secret: { payload: { signing_secret: 'a secret of some length' } },
};

/** Of nothing, for parameters that are no UUIDs. */
const unknownIds: Record<string, string> = { starts_on: '2001-01-01' };

interface At {
  workspaceId: string;
  organizationId: string;
  /** Ids for the other parameters of the path. */
  ids?: Record<string, string>;
}

async function call(
  route: Route,
  caller: Pick<TestCaller, 'key' | 'principal'>,
  { workspaceId, organizationId, ids = {} }: At,
) {
  const values: Record<string, string> = {
    workspace_id: workspaceId,
    organization_id: organizationId,
    ...ids,
  };
  const named = new Set<string>();
  const url = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? unknownIds[name] ?? randomUUID();
    named.add(value);
    return value;
  });
  const { query = '', payload } = needed[route.operationId as OperationId] ?? {};
  const response = await api.app.inject({
    method: route.method,
    url: url + query,
    headers: { authorization: `Bearer ${await bearerOf(route, caller, workspaceId, ids)}` },
    ...(payload ? { payload } : {}),
  });
  const body = [...named].reduce((text, id) => text.replaceAll(id, '<id>'), response.body);
  return { status: response.statusCode, body };
}

async function bearerOf(
  route: Route,
  { key, principal }: Pick<TestCaller, 'key' | 'principal'>,
  workspaceId: string,
  ids: Record<string, string>,
): Promise<string> {
  if (route.credential === 'dataplane')
    return (await api.credentials.issueDataplaneToken(principal, workspaceId)).token;
  if (route.credential !== 'upload') return key;
  const kind = route.operationId === 'upload_deployment' ? 'deployment' : 'configuration';
  const grant = { workspaceId, kind, uploadId: ids[`${kind}_id`] ?? '' } as const;
  return (await api.credentials.issueUploadToken(principal, grant)).token;
}

describe.each(placed.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  const nowhere = () => ({ workspaceId: randomUUID(), organizationId: randomUUID() });
  const there = () => ({ workspaceId: other.workspace.id, organizationId: other.organization.id });

  it('gives an outsider the same response for an existing scope as for an unknown one', async () => {
    for (const [name, stranger] of Object.entries(strangers)) {
      const isMember = name.startsWith('a member') && requirements[route.permission].scope === 'organization';
      if (isMember) continue;
      // An upload token is for one upload, so its id must match the path.
      const ids = { deployment_id: randomUUID(), configuration_id: randomUUID() };
      const answer = await call(route, stranger, { ...there(), ids });
      expect({ name, status: answer.status }).toEqual({ name, status: 404 });
      expect({ name, ...answer }).toEqual({ name, ...(await call(route, stranger, { ...nowhere(), ids })) });
    }
  });
});

const named = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
const inner = table
  .filter(({ credential }) => ['user', 'dataplane'].includes(credential))
  .map((route) => ({
    route,
    names: named(route.path).filter((name) => !['workspace_id', 'organization_id'].includes(name)),
  }))
  .filter(({ names }) => names.length > 0);

describe.each(inner.map(({ route, names }) => [route.operationId, route, names] as const))(
  '%s',
  (_id, route, names) => {
    it('gives the same response for a resource elsewhere as for one that does not exist', async () => {
      const here = { workspaceId: own.workspace.id, organizationId: own.organization.id };
      const { scope } = requirements[route.permission];
      const compared: string[] = [];
      for (const [where, ids] of Object.entries(foreign)) {
        // Owners of an organization may see invitations and keys of its workspaces.
        const isThere = where.startsWith('another workspace') && scope === 'organization';
        if (isThere || !names.every((name) => name in ids)) continue;
        const answer = await call(route, own.owner, { ...here, ids });
        expect({ where, ...answer }).toEqual({ where, ...(await call(route, own.owner, here)) });
        expect(answer.status, answer.body).toBe(404);
        compared.push(where);
      }
      // If no location has an id for a parameter, the test would compare two unknown ids.
      expect(compared).toContain(scope === 'account' ? 'another account' : 'another organization');
    });
  },
);
