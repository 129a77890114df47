import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAttempts } from '../fixtures/end-attempts.ts';
import { executorVariables } from '../fixtures/runs-location.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { openTerminal, type PasteTerminal } from './terminal.ts';

export interface LocalTerminals {
  server: PasteTerminal;
  /** A second terminal of the operator. */
  admin: PasteTerminal;
  /** A terminal of a non-root user with their own home. */
  client: PasteTerminal;
  /** URL of a server started in the first terminal. */
  url: string;
  remove(): Promise<void>;
}

/** Opens two terminals in this checkout, with an empty home and an empty data folder. */
export async function openLocalTerminals(): Promise<LocalTerminals> {
  const home = await mkdtemp(join(tmpdir(), 'pumphouse-readme-'));
  const dataDir = join(home, 'data');
  const port = await findFreePort();
  const env = {
    ...registryVariables(),
    PATH: process.env['PATH'],
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    RUNTIME__DLTHUB_TELEMETRY: 'false',
  };
  const operatorEnv = {
    ...env,
    ...executorVariables(),
    PUMPHOUSE_DATA_DIR: dataDir,
    PUMPHOUSE_PORT: String(port),
    PUMPHOUSE_APPS_PORT: '0',
  };
  const server = openTerminal({ prefix: [], cwd: repositoryFolder, env: operatorEnv });
  const admin = openTerminal({ prefix: [], cwd: repositoryFolder, env: operatorEnv });
  const client = openTerminal({ prefix: notAsRoot(), cwd: repositoryFolder, env });
  return {
    server,
    admin,
    client,
    url: `http://127.0.0.1:${port}`,
    async remove() {
      await client.close();
      await admin.close();
      await server.close();
      await endAttempts(dataDir);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** This machine's settings for the package registries. */
export function registryVariables(): NodeJS.ProcessEnv {
  const names = /^(UV_|PIP_|SSL_CERT_|NODE_EXTRA_CA_CERTS$|HTTPS?_PROXY$|NO_PROXY$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
}

/** As root, dlt keeps tokens in a folder shared by all clients on the machine. */
function notAsRoot(): string[] {
  if (process.getuid?.() !== 0) return [];
  return ['bwrap', '--unshare-user', '--uid', '1000', '--gid', '1000', '--dev-bind', '/', '/', '--'];
}
