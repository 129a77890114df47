import type { AlertKind, AlertRuleResponse } from '@pumphouse/contract';
import type { AlertInboxes } from '../../fixtures/alert-inboxes.ts';
import type { AlertReceiver } from '../../fixtures/alert-receiver.ts';
import type { ApiWorkspace } from '../../fixtures/api-workspace.ts';
import type { TestMailServer } from '../../fixtures/mail-server.ts';
import type { CallInput } from '@pumphouse/client';
import type { TestServer } from '../../fixtures/server.ts';
import { createAlertInboxes } from '../../fixtures/alert-inboxes.ts';
import { createApiWorkspace } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { startAlertReceiver } from '../../fixtures/alert-receiver.ts';
import { startMailServer } from '../../fixtures/mail-server.ts';
import { startTestServer } from '../../fixtures/server.ts';

type RuleBody = CallInput<'create_alert_rule'>['body'];
type ChannelBody = CallInput<'create_alert_channel'>['body'];

/** A server with one workspace, and a channel of each kind to receivers of the test. */
export interface AlertSite {
  server: TestServer;
  api: ApiWorkspace;
  params: { workspace_id: string };
  receiver: AlertReceiver;
  mail: TestMailServer;
  inboxes: AlertInboxes;
  channelIds: string[];
  /** Deploys scripts by name, with triggers of some. */
  deploy(triggers?: Record<string, string[]>, changed?: Record<string, string>): Promise<void>;
  /** Runs a script to its end, and returns its run. */
  run(script: string): ReturnType<ApiWorkspace['awaitEnd']>;
  /** Creates a rule that sends to all channels; its name is `nameRule(kind)`. */
  addRule(kind: AlertKind, rule?: Partial<RuleBody>): Promise<AlertRuleResponse>;
  remove(): Promise<void>;
}

/** The name of the rule of a kind. */
export const nameRule = (kind: AlertKind) => `rule ${kind.replaceAll('_', ' ')}`;

/**
 * Starts the server and the receivers.
 * @param scripts Python programs by job name
 */
export async function openAlertSite({
  scripts,
  configuration = '',
  requirements = ['dlt[duckdb]==1.31.0'],
  variables = {},
}: {
  scripts: Record<string, string>;
  configuration?: string;
  requirements?: string[];
  variables?: Record<string, string>;
}): Promise<AlertSite> {
  const receiver = await startAlertReceiver();
  const mail = await startMailServer();
  const server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_ALERTS_ALLOWED_TARGETS: '127.0.0.1',
    PUMPHOUSE_PAGERDUTY_URL: receiver.url,
    PUMPHOUSE_SMTP_URL: mail.url,
    PUMPHOUSE_MAIL_FROM: 'pumphouse@example.com',
    ...variables,
  });
  const api = createApiWorkspace(server, await createWorkspace(server, 'alerts'));
  const params = { workspace_id: api.id };

  async function deploy(triggers: Record<string, string[]> = {}, changed: Record<string, string> = {}) {
    const all = { ...scripts, ...changed };
    await deployWorkspace(server, api.id, {
      files: Object.fromEntries(Object.entries(all).map(([name, text]) => [`${name}.py`, text])),
      jobs: Object.keys(all).map((name) => defineScriptJob(name, triggers[name])),
      requirements,
      configuration: { 'config.toml': configuration },
    });
  }

  await deploy();
  const create = (body: ChannelBody) => server.client.call('create_alert_channel', { params, body });
  const webhook = await create({ name: 'hook', kind: 'webhook', url: `${receiver.url}/webhook` });
  const channels = [
    webhook,
    await create({ name: 'slack', kind: 'slack', url: `${receiver.url}/slack` }),
    await create({ name: 'teams', kind: 'teams', url: `${receiver.url}/teams` }),
    await create({ name: 'pager', kind: 'pagerduty', routing_key: 'f00dfeedf00dfeedf00dfeedf00dfeed' }),
    await create({
      name: 'mail',
      kind: 'email',
      recipients: { group: null, user_ids: [], addresses: ['on-call@example.com'] },
    }),
  ];
  const channelIds = channels.map(({ id }) => id);
  return {
    server,
    api,
    params,
    receiver,
    mail,
    inboxes: await createAlertInboxes(receiver, mail, () => webhook.signing_secret ?? ''),
    channelIds,
    deploy,
    run: async (script) => api.awaitEnd(await triggerJob(server, api.id, `jobs.${script}`)),
    addRule: (kind, rule = {}) =>
      server.client.call('create_alert_rule', {
        params,
        body: { name: nameRule(kind), kind, channel_ids: channelIds, ...rule },
      }),
    async remove() {
      await server.remove();
      await receiver.close();
      await mail.close();
    },
  };
}
