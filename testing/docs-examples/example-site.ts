/** A server with a workspace in which the examples of the documentation work. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { startAlertReceiver, type AlertReceiver } from '../fixtures/alert-receiver.ts';
import { startPumphouse, writeFiles, type CommandResult, type RunningCommand } from '../fixtures/command.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { prepareHookedClient } from '../fixtures/dlt-client.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';
import { shopFiles } from './shop-files.ts';

export interface ExampleSite {
  server: TestServer;
  /** Parent of all folders. */
  parentFolder: string;
  api: ApiWorkspace;
  organizationId: string;
  /** Receives what channels and subscriptions send. */
  receiver: AlertReceiver;
  /**
   * Runs shell code to its end.
   * @throws Error if it fails
   */
  run(code: string, options?: ShellOptions): Promise<CommandResult>;
  /** Starts shell code, on a terminal if `columns` is given. */
  start(code: string, options?: ShellOptions): RunningCommand;
  remove(): Promise<void>;
}

interface ShellOptions {
  /** Below the parent folder. */
  folder?: string;
  /** A terminal with this many columns. */
  columns?: number;
}

const workspaceName = 'shop';
/** No test asks npm for the latest release. */
const unreachableRegistry = 'http://127.0.0.1:9';
/** Stands for a mail server; no example waits until its mail is sent. */
const unreachableMail = 'smtp://127.0.0.1:9';

/** Programs of other products that examples call, and the browser. */
const otherPrograms = {
  op: '#!/bin/sh\necho swordfish\n',
  gh: '#!/bin/sh\ncat >/dev/null\n',
  browser: '#!/bin/sh\nexit 0\n',
  // Calls the command of this checkout in place of the package.
  npx: '#!/bin/sh\n[ "$1" = --yes ] && shift\nexec "$@"\n',
  pumphouse: `#!/bin/sh\nexec '${join(repositoryFolder, 'bin', 'pumphouse')}' "$@"\n`,
};

/** Starts the server, deploys the workspace and installs the programs that examples call. */
export async function openExampleSite(): Promise<ExampleSite> {
  const parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-examples-'));
  const receiver = await startAlertReceiver();
  const server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'error',
    PUMPHOUSE_ALERTS_ALLOWED_TARGETS: '127.0.0.1',
    PUMPHOUSE_SMTP_URL: unreachableMail,
    PUMPHOUSE_MAIL_FROM: 'pumphouse@example.com',
  });
  const programs = join(parentFolder, 'bin');
  await installPrograms(programs);
  const virtualEnvironment = dirname(dirname((await prepareHookedClient()).python));
  const path = [programs, join(virtualEnvironment, 'bin'), process.env['PATH'] ?? ''].join(delimiter);

  /** Without what pages set in the shell, such as url: a page that does not set it must fail. */
  const environment = {
    PATH: path,
    HOME: join(parentFolder, 'home'),
    VIRTUAL_ENV: virtualEnvironment,
    DLT_DATA_DIR: join(parentFolder, 'home', '.dlt'),
    PUMPHOUSE_LOGIN_DIR: join(parentFolder, 'home', '.dlt'),
    // Its ports, which the doctor looks at: the usual ones belong to other tests.
    PUMPHOUSE_DATA_DIR: server.dataDir,
    PUMPHOUSE_PORT: new URL(server.url).port,
    PUMPHOUSE_APPS_PORT: '0',
    RUNTIME__API_KEY: server.key,
    RUNTIME__API_BASE_URL: server.url,
    RUNTIME__DLTHUB_TELEMETRY: 'false',
    npm_config_registry: unreachableRegistry,
    BROWSER: join(programs, 'browser'),
    DISPLAY: ':0',
    KEY: server.key,
  };

  function start(code: string, { folder = workspaceName, columns }: ShellOptions = {}): RunningCommand {
    return startPumphouse(['-euo', 'pipefail', '-c', code], {
      command: '/bin/bash',
      cwd: join(parentFolder, folder),
      env: environment,
      ...(columns !== undefined && { columns }),
    });
  }

  async function run(code: string, options: ShellOptions = {}): Promise<CommandResult> {
    const result = await start(code, options).result;
    if (result.code !== 0) throw new Error(`${code}\ncode ${result.code}\n${result.stdout}${result.stderr}`);
    return result;
  }

  const workspaceId = await createWorkspace(server, workspaceName);
  const { items } = await server.client.call('list_organizations', { query: {} });
  await mkdir(join(parentFolder, 'home'), { recursive: true });
  // Calls fail like commands, so that an example with a wrong path does not pass.
  await writeFile(join(parentFolder, 'home', '.curlrc'), 'fail-with-body\nsilent\nshow-error\n');
  await writeFiles(join(parentFolder, workspaceName), shopFiles());
  await run(`pumphouse workspace switch ${workspaceName} && pumphouse deploy`);
  return {
    server,
    parentFolder,
    api: createApiWorkspace(server, workspaceId),
    organizationId: items[0]?.id ?? '',
    receiver,
    run,
    start,
    async remove() {
      await server.remove();
      await receiver.close();
      await rm(parentFolder, { recursive: true, force: true });
    },
  };
}

async function installPrograms(folder: string): Promise<void> {
  await writeFiles(folder, otherPrograms);
  for (const name of Object.keys(otherPrograms)) await chmod(join(folder, name), 0o755);
}
