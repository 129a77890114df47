/** `plan`, `apply` and `export`: organizations, people, workspaces, variables, alerts and event subscriptions as files describe them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPumphouse } from '../../fixtures/command.ts';
import { parse } from 'yaml';
import { hasApplyPath, listApplyPaths } from '../../fixtures/apply-paths.ts';
import { completeApplyFile } from '../../fixtures/complete-apply-file.ts';
import { defineScriptJob, deployWorkspace, type DeployedCode } from '../../fixtures/deploy-workspace.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';

const slackUrl = 'https://hooks.slack.com/services/T0/B0/swordfish';
const token = 'swordfish-of-the-warehouse';
const secrets = { SLACK_URL: slackUrl, WAREHOUSE_TOKEN: token };

let server: TestServer;
let parent: string;
let folder: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pumphouse-apply-'));
  folder = join(parent, 'shop');
  await mkdir(folder);
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
});

afterAll(async () => {
  await server.remove();
  await rm(parent, { recursive: true, force: true });
});

const shop = `
version: 1
organizations:
  Shop:
    description: Sells things
    default_workspace_role: viewer
    limits: { concurrent_runs: 8 }
    keys: { max_days: 30 }
    cost_rates:
      2026-01-01: { currency: EUR, hourly_prices: { small: 0.05 } }
    members:
      ${ownerEmail}: owner
      ana@example.com: owner
      ben@example.com: member
    workspaces:
      orders:
        description: Orders of the shop
        members:
          ben@example.com: developer
          guest@example.com: viewer
        variables:
          REGION: north
          WAREHOUSE_TOKEN: { secret: '\${env:WAREHOUSE_TOKEN}' }
        profiles:
          prod:
            variables: { REGION: south }
        alert_channels:
          chat: { kind: slack, url: '\${env:SLACK_URL}' }
          team: { kind: email, recipients: { users: [${ownerEmail}], addresses: [ops@example.com] } }
        alert_rules:
          Failed runs:
            kind: run_failed
            channels: [chat, team]
            scope: { job_patterns: [jobs.orders.*], tags: [nightly] }
            quiet_hours: { weekdays: [6, 7], from: '22:00', to: '06:00', time_zone: Europe/Berlin }
        exhaustive: [variables, alert_rules]
`;

async function run(
  args: readonly string[],
  { code = 0, env = {}, input }: { code?: number; env?: Record<string, string>; input?: string } = {},
) {
  const result = await runPumphouse(args, {
    cwd: folder,
    env: { RUNTIME__API_BASE_URL: server.url, RUNTIME__API_KEY: server.key, ...env },
    ...(input !== undefined && { input }),
  });
  if (result.code !== code)
    throw new Error(`pumphouse ${args.join(' ')}: code ${result.code}\n${result.stdout}${result.stderr}`);
  return result;
}

async function write(text: string, name = 'shop.yaml'): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

const planJson = async (file: string, code = 0): Promise<{ changes: unknown[] }> =>
  JSON.parse((await run(['plan', '-f', file, '--exit-code', '--json'], { code })).stdout);

describe('a fresh organization', () => {
  it('is planned without being made, and needs no secrets for that', async () => {
    const file = await write(shop);
    const { stdout } = await run(['plan', '-f', file]);
    expect(stdout).toContain('+ organization Shop');
    expect(stdout).toContain('+ variable Shop > orders > prod > REGION');
    expect(stdout).toContain('url: (secret from ${env:SLACK_URL})');
    expect((await run(['org', 'list'])).stdout).not.toContain('Shop');
  });

  it('is not made without a confirmation, nor without its secrets', async () => {
    const missing = await run(['apply', '-f', 'shop.yaml', '--yes'], { code: 2 });
    expect(missing.stderr).toContain('${env:WAREHOUSE_TOKEN} is not set');
    const { stderr } = await run(['apply', '-f', 'shop.yaml'], { code: 2, env: secrets });
    expect(stderr).toContain('[not_confirmed]');
    expect((await run(['org', 'list'])).stdout).not.toContain('Shop');
  });

  it('is made, and its plan is empty afterwards', async () => {
    const { stdout, stderr } = await run(['apply', '-f', 'shop.yaml', '--yes'], { env: secrets });
    expect(stderr).toContain('Created alert rule Shop > orders > Failed runs');
    expect(stdout + stderr).not.toContain('swordfish');
    expect(stdout + stderr).not.toContain('/sign-in/invitation');
    expect(await planJson('shop.yaml')).toMatchObject({ changes: [], uncompared_secrets: 2 });
    expect((await run(['apply', '-f', 'shop.yaml', '--yes'])).stdout).toContain('No changes.');
  });
});

describe('a change by hand', () => {
  it('is shown as drift, attribute by attribute, and mended', async () => {
    const workspace = ['--workspace', 'orders'];
    await run(['alert', 'rules', 'update', 'Failed runs', '--channel', 'chat', '--disable', ...workspace]);
    await run(['variable', 'set', 'EXTRA', 'by hand', ...workspace]);
    await run(['org', 'limits', 'Shop', '--concurrent-runs', 'none', '--max-key-days', '60']);
    const { stdout } = await run(['plan', '-f', 'shop.yaml', '--exit-code'], { code: 1 });
    expect(stdout).toContain('limits.concurrent_runs: null -> 8');
    expect(stdout).toContain('keys.max_days: 60 -> 30');
    expect(stdout).toContain('channels: ["chat"] -> ["chat","team"]');
    expect(stdout).toContain('- variable Shop > orders > EXTRA');
    // The file has nothing about whether the rule is enabled.
    expect(stdout).toContain('Plan: 0 to create, 2 to change, 1 to remove.');
    await run(['apply', '-f', 'shop.yaml', '--yes']);
    expect(await planJson('shop.yaml')).toMatchObject({ changes: [] });
  });

  it('of a secret is not seen; its host is, and secrets are written again on request', async () => {
    const other = { ...secrets, SLACK_URL: 'https://chat.example.com/swordfish' };
    const moved = await run(['plan', '-f', 'shop.yaml'], { env: other });
    expect(moved.stdout).toContain('host: "hooks.slack.com" -> "chat.example.com"');
    const { stdout, stderr } = await run(['apply', '-f', 'shop.yaml', '--yes', '--write-secrets', '--json'], {
      env: secrets,
    });
    expect(stdout + stderr).not.toContain('swordfish');
    expect(JSON.parse(stdout)).toMatchObject({
      changes: [
        { kind: 'variable', outcome: 'done', attributes: [{ after: { secret: '${env:WAREHOUSE_TOKEN}' } }] },
        { kind: 'alert_channel', outcome: 'done' },
      ],
    });
  });
});

describe('people', () => {
  it('who are not members are invited once, with all their roles; removals spare the caller', async () => {
    const { stdout } = await run(['member', 'list', '--organization', 'Shop', '--invitations', '--json']);
    expect(JSON.parse(stdout)).toHaveLength(3);
    const file = await write(
      `version: 1\norganizations: { Shop: { members: { ana@example.com: member }, exhaustive: [members] } }\n`,
      'people.yaml',
    );
    const plan = await run(['plan', '-f', file]);
    expect(plan.stdout).toContain('role: "owner" -> "member"');
    expect(plan.stdout).toContain('- invitation Shop > ben@example.com');
    expect(plan.stdout).toContain('- invitation Shop > guest@example.com');
    expect(plan.stderr).toContain(`${ownerEmail} is not in the file, and stays`);
    await run(['apply', '-f', file, '--yes']);
    const after = await run(['member', 'list', '--organization', 'Shop', '--json']);
    expect(JSON.parse(after.stdout)).toMatchObject([{ email: ownerEmail, role: 'owner' }]);
    expect(await planJson(file)).toMatchObject({ changes: [] });
  });

  it('cannot lower their own role', async () => {
    const file = await write(
      `version: 1\norganizations: { Shop: { members: { ${ownerEmail}: member } } }\n`,
      'own.yaml',
    );
    const { stderr } = await run(['apply', '-f', file, '--yes'], { code: 5 });
    expect(stderr).toContain('cannot change their own role in Shop');
  });
});

describe('an event subscription', () => {
  const lakeUrl = 'https://lake.example.com/swordfish';
  const inOrders = (section: string) => `
version: 1
organizations:
  Shop:
    workspaces:
      orders:
        event_subscriptions: ${section}
        exhaustive: [event_subscriptions]
`;
  const types = 'event_types: [pumphouse.job_run.*, pumphouse.schema.changed]';
  const lake = `lake: { url: '\${env:LAKE_URL}', ${types}, description: Lake, scope: { tags: [nightly] } }`;
  const env = { LAKE_URL: lakeUrl };
  const workspace = ['--workspace', 'orders'];

  it('is created without its secret in the log, and its plan is empty afterwards', async () => {
    const file = await write(inOrders(`{ ${lake} }`), 'events.yaml');
    const { stdout, stderr } = await run(['apply', '-f', file, '--yes'], { env });
    expect(stdout).toContain('+ event subscription Shop > orders > lake');
    expect(stderr).toContain('pumphouse events replace-secret "lake" --overlap-hours 0 --workspace "orders"');
    expect(stdout + stderr).not.toMatch(/swordfish|whsec_/);
    expect(await planJson(file)).toMatchObject({ changes: [], uncompared_secrets: 1 });
  });

  it('shows its signing secret on request', async () => {
    const hook = `hook: { url: '\${env:LAKE_URL}', event_types: ['*'], is_enabled: false }`;
    const file = await write(inOrders(`{ ${lake}, ${hook} }`), 'events.yaml');
    const { stdout } = await run(['apply', '-f', file, '--yes', '--show-secrets', '--json'], { env });
    const secret = { signing_secret: expect.stringMatching(/^whsec_/) };
    expect(JSON.parse(stdout).changes).toEqual([expect.objectContaining({ action: 'create', ...secret })]);
    expect(await planJson(file)).toMatchObject({ changes: [] });
  });

  it('is changed back where it was changed by hand, and removed when it is not listed', async () => {
    await run(['events', 'update', 'lake', '--disable', '--type', '*', '--tag', 'hourly', ...workspace]);
    const file = await write(inOrders(`{ ${lake} }`), 'events.yaml');
    const moved = { LAKE_URL: 'https://sea.example.com/swordfish' };
    const { stdout } = await run(['apply', '-f', file, '--yes'], { env: moved });
    expect(stdout).toContain('event_types: ["*"] -> ["pumphouse.job_run.*","pumphouse.schema.changed"]');
    expect(stdout).toContain('scope.tags: ["hourly"] -> ["nightly"]');
    expect(stdout).toContain('host: "lake.example.com" -> "sea.example.com"');
    expect(stdout).toContain('- event subscription Shop > orders > hook');
    const left = JSON.parse((await run(['events', 'list', '--json', ...workspace])).stdout);
    // The file has nothing about whether it is enabled.
    expect(left).toMatchObject([{ name: 'lake', host: 'sea.example.com', is_enabled: false }]);
  });
});

describe('an export', () => {
  it('is a file whose plan is empty, without any secret', async () => {
    const { stdout, stderr } = await run(['export', '--organization', 'Shop']);
    expect(stdout).toContain('# yaml-language-server: $schema=');
    expect(stdout).toContain('${env:WAREHOUSE_TOKEN}');
    expect(stdout).toContain('${env:LAKE_EVENTS_URL}');
    expect(stdout + stderr).not.toContain('swordfish');
    const plan = await run(['plan', '-f', '-', '--exit-code', '--json'], { input: stdout });
    expect(JSON.parse(plan.stdout)).toMatchObject({ changes: [], uncompared_secrets: 3 });
  });
});

describe('a failure', () => {
  it('stops an apply, names what was done and what not, and the next apply continues', async () => {
    const variables = (name: string) => `
version: 1
organizations:
  Shop:
    workspaces:
      stock: { variables: { ${name}: a }, alert_channels: { team: { kind: email, recipients: { group: owners } } } }
`;
    const file = await write(variables('PUMPHOUSE_RUN_ID'), 'stock.yaml');
    const { stderr } = await run(['apply', '-f', file, '--yes'], { code: 5 });
    expect(stderr).toContain('done: create workspace Shop > stock');
    expect(stderr).toContain('not made: create alert channel Shop > stock > team');
    expect(stderr).toContain('it continues where it stopped');
    await write(variables('STOCK'), 'stock.yaml');
    const next = await run(['apply', '-f', file, '--yes']);
    expect(next.stdout).toContain('Plan: 2 to create, 0 to change, 0 to remove.');
    expect(await planJson(file)).toMatchObject({ changes: [] });
  });
});

describe('a deploy', () => {
  const complete = completeApplyFile(ownerEmail);
  const env = {
    TOKEN: token,
    SLACK_URL: slackUrl,
    PAGER_KEY: 'swordfish'.padEnd(32, '0'),
    LAKE_URL: 'https://lake.example.com/swordfish',
  };
  const files = {
    'load.py': 'print("loaded")\n',
    'pyproject.toml': '[project]\nname = "shop"\nversion = "1"\ndescription = "Of pyproject.toml"\n',
  };
  const configuration = { 'config.toml': 'REGION = "west"\n[pumphouse]\non_limit = "queue"\n' };
  const load = defineScriptJob('load', ['tag:nightly']);

  async function deploy(code: Pick<DeployedCode, 'jobs' | 'description'>): Promise<void> {
    const { stdout } = await run(['workspace', 'info', 'all', '--json']);
    const { id } = JSON.parse(stdout);
    await deployWorkspace(server, id, { files, configuration, ...code });
  }

  it('changes no field of the file, whatever the code has', async () => {
    expect(listApplyPaths().filter((path) => !hasApplyPath(parse(complete), path))).toEqual([]);
    await run([
      'apply',
      '-f',
      await write(`version: 1\norganizations: { Complete: { workspaces: { all: {} } } }`),
      '--yes',
    ]);
    await deploy({ jobs: [load], description: 'Of the code' });
    const file = await write(complete, 'complete.yaml');
    await run(['apply', '-f', file, '--yes'], { env });
    expect(await planJson(file)).toMatchObject({ changes: [] });
    await deploy({ jobs: [load, defineScriptJob('load_other')], description: 'Of the code, changed' });
    expect(await planJson(file)).toMatchObject({ changes: [] });
    // Nothing has a docstring, and the job that the file names is archived.
    await deploy({ jobs: [defineScriptJob('load_other', ['tag:nightly'])], description: null });
    expect(await planJson(file)).toMatchObject({ changes: [] });
  });

  it('sets a description that the file leaves to the code', async () => {
    const given = (description: string) =>
      write(
        `version: 1\norganizations: { Complete: { workspaces: { all: { description: ${description} } } } }`,
      );
    const file = await given('null');
    await run(['apply', '-f', file, '--yes']);
    await deploy({ jobs: [load], description: 'Of the code' });
    expect(await planJson(file)).toMatchObject({ changes: [] });
    expect((await run(['workspace', 'info', 'all'])).stdout).toContain('Of the code');
    // The same text belongs to the file once it has it, so a plan shows that an apply has something to do.
    await given('Of the code');
    expect(await planJson(file, 1)).toMatchObject({
      changes: [{ attributes: [{ name: 'description', before: null, after: 'Of the code' }] }],
    });
    await run(['apply', '-f', file, '--yes']);
    await deploy({ jobs: [load], description: 'Of the code, changed' });
    expect(await planJson(file)).toMatchObject({ changes: [] });
  });
});

describe('archiving', () => {
  it('needs a word in the file, and restoring too', async () => {
    const archive = (archived: boolean) =>
      write(
        `version: 1\norganizations: { Shop: { workspaces: { stock: { archived: ${archived} } } } }\n`,
        'archive.yaml',
      );
    const file = await archive(true);
    const { stdout } = await run(['apply', '-f', file, '--yes']);
    expect(stdout).toContain('archived: false -> true');
    expect((await run(['workspace', 'list'])).stdout).not.toContain('stock');
    await archive(false);
    expect((await run(['apply', '-f', file, '--yes'])).stdout).toContain('archived: true -> false');
  });
});

describe('a caller without permission', () => {
  it('learns which permission is missing, and what to do', async () => {
    const file = await write(
      'version: 1\norganizations: { Shop: { workspaces: { stock: { variables: { A: b } } } } }\n',
      'variables.yaml',
    );
    await run(['member', 'leave', '--workspace', 'stock', '--yes']);
    const { stderr } = await run(['plan', '-f', file], { code: 5 });
    expect(stderr).toContain('variable.read');
    expect(stderr).toContain('owner of the workspace');
  });

  it('learns in which workspace they have no role, and how to take one', async () => {
    const organization = ['--organization', 'Left by its owner'];
    await run(['org', 'create', 'Left by its owner']);
    await run(['workspace', 'create', 'left', '--no-connect', ...organization]);
    await run(['member', 'leave', '--workspace', 'left', '--yes']);
    const refused = await run(['export', ...organization], { code: 5 });
    expect(refused.stderr).toContain('You have no role in the workspace left');
    const [, workspace_id = ''] = /PUT \S+workspaces\/(\S+)\/members/.exec(refused.stderr) ?? [];
    const { items } = await server.client.call('list_organizations', { query: {} });
    const organization_id = items.find(({ name }) => name === 'Left by its owner')?.id ?? '';
    const members = await server.client.call('list_organization_members', {
      params: { organization_id },
      query: {},
    });
    await server.client.call('set_workspace_member', {
      params: { workspace_id, membership_id: members.items[0]?.membership_id ?? '' },
      body: { role: 'owner' },
    });
    expect((await run(['export', ...organization])).stdout).toContain('left:');
  });

  it('learns that a workspace key is not enough', async () => {
    const options = [
      '--name',
      'ci',
      '--workspace-key',
      '--role',
      'viewer',
      '--workspace',
      'orders',
      '--json',
    ];
    const longer = await run(['key', 'create', ...options, '--days', '31'], { code: 5 });
    expect(longer.stderr).toContain('key_lifetime_refused');
    const created = await run(['key', 'create', ...options]);
    const { secret }: { secret: string } = JSON.parse(created.stdout);
    const { stderr } = await run(['export'], { code: 5, env: { RUNTIME__API_KEY: secret } });
    expect(stderr).toContain('Use a personal key of an owner');
  });
});
