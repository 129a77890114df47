import type { Step, Walk } from './walk-step.ts';
import { alertChannels, alertIncidents, events } from './message-steps.ts';
import { enter } from './walk-step.ts';
import { ownerEmail } from '../../fixtures/server.ts';

const secret = 'swordfish-of-the-shop';

const workspaceFiles = {
  'requirements.txt': 'dlt[duckdb]==1.31.0\n',
  'board.py': `
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from dlt.hub.run import interactive


class Orders(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"100 orders")


@interactive
def orders_board(run_context):
    """What the shop sold today."""
    ThreadingHTTPServer(("0.0.0.0", run_context["run_args"]["port"]), Orders).serve_forever()
`,
  '__deployment__.py': `
from board import orders_board
from pipeline import load_orders

__all__ = ["load_orders", "orders_board"]
`,
  'hello.py': 'print("hello from a plain script", flush=True)\n',
  'fails.py': 'def choose(values):\n    return values["b"]\n\n\nchoose({"a": 1})\n',
  'wait.py': 'import time\n\nprint("waiting", flush=True)\ntime.sleep(600)\n',
};

/** Every command of users, in an order in which each finds what it needs. */
export function planWalk({ name, serverUrl, key }: Omit<Walk, 'write'>): Step[] {
  return [
    ...beginning({ name, serverUrl, key }),
    ...people(name),
    ...running(),
    ...versions(),
    ...apps(),
    ...data(),
    ...variables(),
    ...alertChannels(),
    ...alertIncidents(),
    ...events(),
    ...configurationAsCode(name),
    ...ending(name),
  ];
}

function beginning({ name, serverUrl, key }: Pick<Walk, 'name' | 'serverUrl' | 'key'>): Step[] {
  const other = `${name}-other`;
  const inOrganization = ['--organization', 'Default'];
  return [
    { command: 'init', args: ['shop'], text: 'pipeline.py', isOutside: true },
    {
      command: 'login',
      args: ['--server', serverUrl, '--key', '-'],
      input: key,
      answers: [['Key', `${key}${enter}`]],
      text: `Stored the key for ${serverUrl}`,
      hasNoData: true,
    },
    { command: 'whoami', text: ownerEmail },
    { command: 'workspace create', args: [name, ...inOrganization], text: name },
    { command: 'workspace create', args: [other, '--no-connect', ...inOrganization], text: other },
    { command: 'workspace list', text: name },
    {
      command: 'workspace switch',
      elsewhere: [other],
      answers: [['Connect this folder to which workspace?', enter]],
      text: /Connected|"name"/,
    },
    {
      command: 'workspace rename',
      args: [`${other}-renamed`, '--workspace', other],
      text: `${other}-renamed`,
    },
    { command: 'workspace switch', args: [name], text: name },
    { command: 'workspace info', text: name },
  ];
}

function people(name: string): Step[] {
  const team = `Team ${name}`;
  const guest = `${name}@example.com`;
  return [
    { command: 'org list', text: 'owner' },
    { command: 'org create', args: [team], text: team },
    { command: 'org info', args: [team], text: team },
    { command: 'org rename', args: [`${team} EU`, '--organization', team], text: `${team} EU` },
    { command: 'org limits', args: [`${team} EU`, '--concurrent-runs', '3'], text: '3' },
    { command: 'org usage', text: /Period|runs/ },
    { command: 'org cost', args: ['--by', 'job'], text: /Core-hours|core_hours_held/ },
    { command: 'member invite', args: [guest, '--grant', `${name}=developer`], text: /https?:\/\// },
    { command: 'member list', text: ownerEmail },
    { command: 'member remove', args: [guest], text: guest },
    { command: 'member set-role', args: [ownerEmail, 'member'], code: 5, text: 'own_role' },
    {
      command: 'member leave',
      question: 'Only an owner can let you in again',
      unchanged: [['member', 'list'], ownerEmail],
      code: 5,
      text: 'last_owner',
    },
    { command: 'worker create', args: [`edge-${name}`], text: 'phw_' },
    { command: 'worker list', text: 'never-connected' },
    { command: 'worker pause', args: [`edge-${name}`], text: /takes no new runs|"mode": "paused"/ },
    { command: 'worker drain', args: [`edge-${name}`], text: /ends after its last one|"mode": "draining"/ },
    { command: 'worker resume', args: [`edge-${name}`], text: /takes new runs|"mode": "active"/ },
    {
      command: 'worker replace-token',
      args: [`edge-${name}`],
      question: 'Its process ends',
      unchanged: [['worker', 'list'], `edge-${name}`],
      text: 'phw_',
    },
    {
      command: 'worker remove',
      args: [`edge-${name}`],
      question: 'revoke its token',
      unchanged: [['worker', 'list'], `edge-${name}`],
      text: `edge-${name}`,
    },
    { command: 'key create', args: ['--name', `key of ${name}`], text: 'dlt_u_' },
    { command: 'key list', text: `key of ${name}` },
    {
      command: 'key revoke',
      args: [`key of ${name}`],
      question: 'What uses it stops working',
      unchanged: [['key', 'list'], `key of ${name}`],
      text: `key of ${name}`,
    },
  ];
}

function running(): Step[] {
  return [
    {
      command: 'deploy',
      text: /load_orders/,
      prepare: ({ write }) => write(workspaceFiles),
    },
    { command: 'launch', args: ['load_orders', '-f'], text: '100 rows' },
    { command: 'launch', args: ['hello.py', '--wait'], text: 'hello' },
    { command: 'launch', args: ['fails.py', '-f'], code: 1, text: 'KeyError' },
    { command: 'status', text: 'KeyError' },
    { command: 'run list', text: 'load_orders' },
    { command: 'run info', args: ['load_orders'], text: 'orders' },
    { command: 'run logs', args: ['hello'], text: 'hello from a plain script' },
    { command: 'run compare', args: ['hello'], text: 'hello' },
    { command: 'run retry', args: ['hello', '-f'], text: 'hello from a plain script' },
    { command: 'logs', args: ['load_orders', '--grep', 'loaded to destination'], text: 'duckdb' },
    { command: 'launch', args: ['wait.py'], text: 'wait' },
    { command: 'logs', args: ['wait', '-f'], interruptAfter: 'waiting', code: 130, text: 'waiting' },
    { command: 'status', args: ['--watch'], interruptAfter: 'wait', text: 'wait' },
    {
      command: 'run cancel',
      args: ['--job', 'wait'],
      question: 'Cancel 1 active run of wait?',
      unchanged: [['run', 'list', '--running'], 'running'],
      text: 'running',
    },
    { command: 'job list', text: 'load_orders' },
    { command: 'job info', args: ['load_orders'], text: '0 6 * * *' },
    { command: 'job create', args: ['hello.py', '--name', 'greet'], text: 'greet' },
    { command: 'schedule', args: ['greet', '0 6 * * *'], text: 'greet' },
    ...backfills('greet'),
    { command: 'job pause', args: ['greet'], text: 'greet' },
    { command: 'job resume', args: ['greet'], text: 'greet' },
    { command: 'job archive', args: ['greet'], text: 'greet' },
    { command: 'job unarchive', args: ['greet'], text: 'greet' },
    { command: 'job graph', text: 'load_orders' },
    { command: 'trigger', args: ['greet', '--dry-run'], text: 'greet' },
  ];
}

/**
 * @param job a job with a daily schedule, of which one window after the other runs meanwhile: so many that some
 * still wait at the last step
 */
function backfills(job: string): Step[] {
  const days = 300;
  const from = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  return [
    {
      command: 'backfill create',
      args: [job, '--from', from, '--dry-run'],
      text: /Would start \d+ runs|"window_count"/,
    },
    { command: 'backfill create', args: [job, '--from', from], text: /Created backfill|"window_count"/ },
    { command: 'backfill pause', args: [job], text: /starts no further window|"paused"/ },
    { command: 'backfill list', args: ['--open'], text: job },
    { command: 'backfill change', args: [job, '--parallel', '2'], text: /2 windows at a time|"parallel": 2/ },
    { command: 'backfill show', args: [job], text: /A user paused it/ },
    { command: 'backfill resume', args: [job], text: /goes on|"running"/ },
    { command: 'backfill windows', args: [job, '--after', '2'], text: 'waiting' },
    { command: 'backfill skip', args: [job, String(days)], text: /1 windows .* skipped|"skipped": 1/ },
    { command: 'backfill calendar', args: [job], text: /MISSING|"missing"/ },
    { command: 'backfill cancel', args: [job, '--running'], text: /Cancelled the backfill|"cancelling"/ },
    { command: 'backfill retry', args: [job], code: 5, text: 'backfill_state' },
    {
      command: 'backfill invalidate',
      args: [job, '--from', from, '--to', new Date().toISOString(), '--reason', 'wrong prices'],
      text: /Invalidated \d+ windows|"window_count"/,
    },
  ];
}

function versions(): Step[] {
  return [
    {
      command: 'diff',
      text: 'changed',
      prepare: ({ write }) => write({ 'hello.py': 'print("hello again", flush=True)\n' }),
    },
    { command: 'deploy', text: 'uploaded' },
    { command: 'deployment list', text: /owner@example\.com|"version"/ },
    { command: 'deployment info', text: 'hello.py' },
    { command: 'deployment download', args: ['-o', 'code.tar.gz'], text: 'code.tar.gz' },
    { command: 'configuration list', text: /owner@example\.com|"version"/ },
    { command: 'configuration info', text: /version/i },
    { command: 'configuration download', args: ['--extract', '../settings'], text: 'settings' },
    {
      command: 'rollback',
      question: 'as a new version?',
      unchanged: [['deployment', 'list', '-n', '1', '--json'], '"version": 2'],
      text: '3',
    },
  ];
}

function apps(): Step[] {
  return [
    { command: 'serve', args: ['orders_board', '--no-deploy', '--no-browser'], text: 'http' },
    {
      command: 'publish',
      args: ['orders_board', '--expires', '7d', '--password'],
      elsewhere: ['-'],
      input: `${secret}\n`,
      answers: [['Password for visitors', `${secret}${enter}`]],
      text: 'http',
    },
    { command: 'unpublish', args: ['orders_board'], text: 'orders_board' },
    { command: 'open', args: ['--no-browser'], text: '/w/' },
    { command: 'dashboard', args: ['--no-browser'], text: 'http' },
  ];
}

function data(): Step[] {
  return [
    { command: 'pipeline list', text: 'shop' },
    { command: 'pipeline info', args: ['shop'], text: 'orders' },
    { command: 'pipeline runs', args: ['shop'], text: 'succeeded' },
    { command: 'pipeline pending', args: ['shp'], code: 4, text: 'Did you mean shop?' },
    { command: 'pipeline pending', args: ['shop'], text: /No load packages are pending|^\[\]/ },
    { command: 'pipeline pending', text: /No load packages are pending|^\[\]/ },
    { command: 'pipeline finish', args: ['shop'], code: 4, text: 'no pending load packages' },
    { command: 'pipeline drop', args: ['shop'], code: 4, text: 'no pending load packages' },
    { command: 'dataset list', text: 'shop_data' },
    { command: 'dataset info', args: ['shop_data'], text: 'orders' },
    { command: 'schema', args: ['shop'], text: 'customer' },
    { command: 'data list', text: 'shop.duckdb' },
    { command: 'data download', args: ['shop.duckdb', '-o', 'copy.duckdb'], text: 'copy.duckdb' },
    {
      command: 'data reset',
      question: 'A copy is kept for a day',
      unchanged: [['data', 'list'], 'shop.duckdb'],
      text: /is kept until|"kept_until"/,
    },
    { command: 'data reset', args: ['--undo'], text: /Restored \d+ files|"restored"/ },
  ];
}

function variables(): Step[] {
  return [
    {
      command: 'variable set',
      args: ['API_TOKEN', '--secret'],
      elsewhere: ['-'],
      input: `${secret}\n`,
      answers: [['Value of API_TOKEN', `${secret}${enter}`]],
      text: 'API_TOKEN',
    },
    {
      command: 'variable import',
      args: ['shop.env'],
      text: 'SHOP_REGION',
      prepare: ({ write }) => write({ 'shop.env': 'SHOP_REGION=north\n' }),
    },
    { command: 'variable list', text: 'API_TOKEN' },
    { command: 'variable delete', args: ['SHOP_REGION', 'API_TOKEN'], text: 'SHOP_REGION' },
  ];
}

function configurationAsCode(name: string): Step[] {
  const file = { 'pumphouse.yaml': wrapWorkspace(name, 'variables: { FROM_FILE: north }') };
  return [
    { command: 'export', args: ['--organization', 'Default'], text: name },
    {
      command: 'plan',
      args: ['-f', 'pumphouse.yaml'],
      text: 'FROM_FILE',
      prepare: ({ write }) => write(file),
    },
    {
      command: 'apply',
      args: ['-f', 'pumphouse.yaml'],
      question: 'Make this change?',
      unchanged: [['plan', '-f', 'pumphouse.yaml'], '1 to create'],
      text: /1 created|"outcome": "done"/,
    },
    { command: 'variable delete', args: ['FROM_FILE'], text: 'FROM_FILE' },
  ];
}

const wrapWorkspace = (name: string, section: string): string =>
  `version: 1\norganizations: { Default: { workspaces: { ${JSON.stringify(name)}: { ${section} } } } }\n`;

function ending(name: string): Step[] {
  return [
    {
      command: 'workspace archive',
      question: `Archive ${name}?`,
      unchanged: [['workspace', 'list'], name],
      text: name,
    },
    { command: 'workspace unarchive', text: name },
    { command: 'help', args: ['job', 'list'], text: 'Usage: pumphouse job list', hasNoData: true },
    { command: 'completion', args: ['bash'], text: 'complete -o default', hasNoData: true },
    { command: 'upgrade-check', text: /server/i },
    { command: 'logout', text: 'Forgot the key', hasNoData: true },
  ];
}

/** Must never be printed by any step. */
export const walkSecret = secret;
