import { ownerEmail } from '../../fixtures/server.ts';

/** Where a walk takes its steps. */
export interface Walk {
  /** Names of a walk are its own: all walks use one server. */
  name: string;
  serverUrl: string;
  key: string;
  /** Writes files into the workspace folder. */
  write: (files: Record<string, string>) => Promise<void>;
}

/** One command of a walk, and what it must print. */
export interface Step {
  /** The words of a command, such as `workspace list`. */
  command: string;
  args?: readonly string[];
  /** The exit code; 0 if it is not given. */
  code?: number;
  text: string | RegExp;
  /** Standard input where there is no terminal. */
  input?: string;
  /** Arguments where there is no terminal, in addition. */
  elsewhere?: readonly string[];
  /** What the user types once a text is shown, on a terminal. */
  answers?: readonly (readonly [shown: string, keys: string])[];
  /** The command asks this: it needs `--yes` where there is no terminal. */
  question?: string;
  /** What else prints the state that an interrupted question must leave. */
  unchanged?: readonly [args: readonly string[], text: string | RegExp];
  /** Ctrl-C ends the command once this text is shown. Given by steps that follow something without an end. */
  interruptAfter?: string;
  /** Whether its standard output is not data: a script, or nothing. */
  hasNoData?: boolean;
  /** Runs in the folder above the workspace folder. */
  isOutside?: boolean;
  /** Runs before the step. */
  prepare?: (walk: Walk) => Promise<void>;
}

const enter = '\r';
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

function alertIncidents(): Step[] {
  const missing = '00000000-0000-4000-8000-000000000000';
  return [
    { command: 'alert list', text: /no open incidents|^\[\]/ },
    {
      command: 'alert rules create',
      args: ['failures', '--kind', 'run_failed', '--job', 'jobs.*', '--set', 'failures_in_row=2'],
      text: 'failures',
    },
    { command: 'alert rules list', text: 'run_failed' },
    {
      command: 'alert rules update',
      args: [
        'failures',
        '--name',
        'broken',
        '--remind',
        '4h',
        '--quiet-hours',
        'mon-fri 22:00-07:00 Europe/Berlin',
      ],
      text: 'broken',
    },
    { command: 'alert rules mute', args: ['broken', '--for', '2h'], text: 'broken' },
    { command: 'alert rules unmute', args: ['broken'], text: 'broken' },
    {
      command: 'alert rules delete',
      args: ['broken'],
      question: 'with its incidents?',
      unchanged: [['alert', 'rules', 'list'], 'broken'],
      text: 'broken',
    },
    { command: 'alert ack', args: [missing], code: 4, text: 'not_found' },
    { command: 'alert snooze', args: [missing, '--for', '1d'], code: 4, text: 'not_found' },
    { command: 'alert resolve', args: [missing], code: 4, text: 'not_found' },
    { command: 'alert mute', args: ['missing-job'], code: 4, text: 'missing-job' },
    { command: 'alert unmute', args: ['missing-job'], code: 4, text: 'missing-job' },
  ];
}

function alertChannels(): Step[] {
  const url = 'https://127.0.0.1:9/services/walk';
  return [
    {
      command: 'alert channels create',
      args: ['hook', '--kind', 'webhook'],
      input: url,
      answers: [['URL', `${url}${enter}`]],
      text: 'whsec_',
    },
    { command: 'alert channels list', text: '127.0.0.1' },
    { command: 'alert channels update', args: ['hook', '--name', 'on-call'], text: 'on-call' },
    { command: 'alert channels replace-secret', args: ['on-call'], text: 'whsec_' },
    {
      command: 'alert channels test',
      args: ['on-call'],
      code: 5,
      text: 'address_not_allowed',
    },
    { command: 'alert channels deliveries', args: ['on-call'], text: /address_not_allowed|failed/ },
    {
      command: 'alert channels send-again',
      args: ['00000000-0000-4000-8000-000000000000'],
      code: 4,
      text: 'not_found',
    },
    {
      command: 'alert channels delete',
      args: ['on-call'],
      question: 'with its delivery log?',
      unchanged: [['alert', 'channels', 'list'], 'on-call'],
      text: 'on-call',
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

/** @param job a job with a daily schedule */
function backfills(job: string): Step[] {
  const from = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
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
    { command: 'backfill skip', args: [job, '30'], text: /1 windows .* skipped|"skipped": 1/ },
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
    { command: 'pipeline pending', text: /No load packages are pending|^\[\]/ },
    { command: 'pipeline finish', args: ['shop'], code: 4, text: 'no pending load packages' },
    { command: 'pipeline drop', args: ['shop'], code: 4, text: 'no pending load packages' },
    { command: 'dataset list', text: 'shop_data' },
    { command: 'dataset info', args: ['shop_data'], text: 'orders' },
    { command: 'schema', args: ['shop'], text: 'customer' },
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

function ending(name: string): Step[] {
  return [
    {
      command: 'workspace archive',
      question: `Archive ${name}?`,
      unchanged: [['workspace', 'list'], name],
      text: name,
    },
    { command: 'workspace unarchive', text: name },
    { command: 'completion', args: ['bash'], text: 'complete -o default', hasNoData: true },
    { command: 'upgrade-check', text: /server/i },
    { command: 'logout', text: 'Forgot the key', hasNoData: true },
  ];
}

/** Must never be printed by any step. */
export const walkSecret = secret;
