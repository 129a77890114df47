/** Pages with calls of the API. */
import type { ExamplePage, Replacements } from '../example.ts';
import type { ExampleSite } from '../example-site.ts';
import { ownerEmail } from '../../fixtures/server.ts';
import { createPerson } from '../../fixtures/agree-to-sign-in.ts';
import { deployAgain } from './deploy-again.ts';
import { addMember } from './people-examples.ts';
import { awaitNoRuns, startLoad } from './runs-of-load.ts';

async function ids(site: ExampleSite): Promise<Replacements> {
  return { $ORGANIZATION_ID: site.organizationId, $WORKSPACE_ID: site.api.id };
}

/** A member whom the command reference has not removed, in place of Ana. */
const member = 'ben@example.com';

/** @returns the id of the membership */
async function addBen(site: ExampleSite): Promise<string> {
  await addMember(site, member);
  const params = { organization_id: site.organizationId };
  const { items } = await site.server.client.call('list_organization_members', { params, query: {} });
  return items.find(({ email }) => email === member)?.membership_id ?? '';
}

async function people(site: ExampleSite): Promise<Replacements> {
  return {
    $ORG: site.organizationId,
    $WORKSPACE: site.api.id,
    'ana@example.com': member,
    $MEMBERSHIP: await addBen(site),
    '"workspace_id": "..."': `"workspace_id": "${site.api.id}"`,
  };
}

async function personalKey(site: ExampleSite): Promise<Replacements> {
  const { stdout } = await site.run('pumphouse key create --name old --json');
  return { dlt_u_Ab12Cd: (JSON.parse(stdout) as { prefix: string }).prefix };
}

async function endedLoad(site: ExampleSite): Promise<Replacements> {
  const number = Number(await startLoad(site));
  const runs = await site.api.listRuns('jobs.shop.load');
  return { $RUN_ID: runs.find((run) => run.number === number)?.id ?? '' };
}

/** A session of the owner, from a login by code. */
async function session(site: ExampleSite): Promise<Replacements> {
  const login = 'env -u RUNTIME__API_KEY pumphouse login';
  const begun = await site.start(`${login} --server ${site.server.url} --device`).result;
  const address = /Visit (\S+)/.exec(begun.stderr)?.[1] ?? '';
  const code = /login --resume (\S+)/.exec(begun.stderr)?.[1] ?? '';
  const owner = await createPerson(ownerEmail);
  await owner.agree(address);
  await owner.close();
  await site.run(`${login} --server ${site.server.url} --resume ${code}`);
  const { sessions } = await site.server.client.call('list_account_sessions', {});
  return { $SESSION_ID: sessions[0]?.id ?? '' };
}

async function versions(site: ExampleSite): Promise<Replacements> {
  const { id: deploymentId } = await site.api.latestDeployment();
  const { id: configurationId } = await site.api.latestConfiguration();
  return { $WORKSPACE_ID: site.api.id, $DEPLOYMENT_ID: deploymentId, $CONFIGURATION_ID: configurationId };
}

/** The first versions, whose content is not the latest. Lists have the newest first. */
async function olderVersions(site: ExampleSite): Promise<Replacements> {
  await deployAgain(site);
  const params = { workspace_id: site.api.id };
  const deployments = await site.server.client.call('list_deployments', { params, query: {} });
  const configurations = await site.server.client.call('list_configurations', { params, query: {} });
  return {
    $DEPLOYMENT_ID: deployments.items.at(-1)?.id ?? '',
    $CONFIGURATION_ID: configurations.items.at(-1)?.id ?? '',
  };
}

async function manifestBuild(site: ExampleSite): Promise<Replacements> {
  const { id } = await site.api.latestDeployment();
  const { job_run_id: jobRunId } = await site.server.client.call('build_manifest', {
    params: { workspace_id: site.api.id, deployment_id: id },
    body: { module: '__deployment__', use_all: true },
  });
  return { $JOB_RUN_ID: jobRunId };
}

async function webhook(site: ExampleSite): Promise<Replacements> {
  const params = { workspace_id: site.api.id };
  const { webhooks } = await site.server.client.call('list_webhooks', { params });
  const [found] = webhooks;
  return {
    $WORKSPACE_ID: site.api.id,
    $WEBHOOK_ID: found?.id ?? '',
    $HOOK_URL: found?.url ?? '',
    $SECRET: 'a secret of some length',
  };
}

async function webhookRun(site: ExampleSite): Promise<Replacements> {
  const [run] = await site.api.listRuns('jobs.shop.take_order');
  return { $JOB_RUN_ID: run?.id ?? '' };
}

export const apiCalls: readonly ExamplePage[] = [
  { path: 'docs/concepts/audit-log.md', prepare: ids, setups: {} },
  {
    path: 'docs/concepts/people.md',
    prepare: people,
    setups: { 'admin list-keys': { prepare: personalKey } },
  },
  { path: 'docs/concepts/reasons.md', prepare: ids, setups: {} },
  {
    path: 'docs/concepts/retries.md',
    async prepare(site) {
      return { ...(await ids(site)), ...(await endedLoad(site)) };
    },
    setups: {},
  },
  {
    path: 'docs/concepts/sign-in.md',
    prepare: session,
    setups: { 'dlthub login --device': { notRun: 'Signs in: testing/e2e/sign-in.test.ts does so.' } },
  },
  {
    path: 'docs/concepts/versions.md',
    prepare: versions,
    setups: { '-build-manifest': { prepare: manifestBuild }, '-roll-back': { prepare: olderVersions } },
  },
  {
    path: 'docs/concepts/webhooks.md',
    prepare: webhook,
    setups: {
      'signing-secret" \\\n': { prepare: awaitNoRuns },
      'job-runs/$JOB_RUN_ID/input': { prepare: webhookRun },
    },
  },
  { path: 'docs/reference/api.md', setups: {} },
];
