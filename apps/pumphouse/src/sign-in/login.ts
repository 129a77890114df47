import { text } from 'node:stream/consumers';
import { createClient, type Client } from '@pumphouse/client';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { openFetch } from '../http/open-fetch.ts';
import { createPatientFetch } from '../http/patient-fetch.ts';
import { chooseServer } from '../session/choose-server.ts';
import type { GlobalOptions } from '../session/session.ts';
import { setCurrentServer } from '../servers/server-list.ts';
import type { Login } from '../servers/dlt-secrets.ts';
import { askText } from '../terminal/ask.ts';
import { openTerminal, type Terminal } from '../terminal/terminal.ts';
import { findWorkspaceFolder } from '../workspaces/workspace-folder.ts';
import { decodeAccessToken } from './access-token.ts';
import { signInInBrowser } from './browser-sign-in.ts';
import { resumeDeviceSignIn, signInWithDeviceCode } from './device-sign-in.ts';
import type { NewSession } from './new-session.ts';
import { warnOfTypedSecret } from '../terminal/warn-of-typed-secret.ts';

export interface LoginOptions extends GlobalOptions {
  device?: boolean;
  key?: string;
  name?: string;
  resume?: string;
}

/** Signs in, makes the server the current one, and stores the login where `dlthub` reads it too. */
export async function login(owner: NodeJS.Process, options: LoginOptions): Promise<void> {
  const terminal = openTerminal(owner, { isQuiet: options.quiet ?? false });
  const { env } = terminal;
  const folder = await findWorkspaceFolder(terminal.folder);
  const serverUrl = await chooseServer({ env, named: options.server, folder });
  const fetch = createPatientFetch({ fetch: await openFetch(env, serverUrl), serverUrl, terminal });
  const client = createClient({ baseUrl: serverUrl, fetch });
  const name = options.name ?? new URL(serverUrl).host;
  if (env['RUNTIME__API_KEY']) {
    terminal.note(
      'RUNTIME__API_KEY is set, and takes precedence over this login. Unset it to use the login.',
    );
  }
  if (options.key !== undefined) {
    if (options.key !== '-') warnOfTypedSecret(terminal, 'Pipe the key instead: pumphouse login --key -');
    const key = await readKey(owner, terminal, options.key);
    await checkKey(createClient({ baseUrl: serverUrl, fetch, credential: key }));
    await setCurrentServer(env, { name, url: serverUrl }, { apiKey: key });
    terminal.note(`Stored the key for ${serverUrl}.`);
    return;
  }
  const session = await signIn(terminal, client, options);
  // The first call of a new account creates its organization and workspace.
  await createClient({ baseUrl: serverUrl, fetch, credential: session.jwt }).call('get_me');
  await setCurrentServer(env, { name, url: serverUrl }, toLogin(session));
  terminal.note(`Signed in to ${serverUrl} as ${terminal.tone('strong', session.email)}.`);
}

async function signIn(terminal: Terminal, client: Client, options: LoginOptions): Promise<NewSession> {
  if (options.resume !== undefined) return resumeDeviceSignIn(terminal, client, options.resume);
  if (options.device || !hasBrowser(terminal.env)) return signInWithDeviceCode(terminal, client);
  return signInInBrowser(terminal, client);
}

/** A browser on this machine that can reach a port of it: not over SSH, in CI or without a display. */
function hasBrowser(env: NodeJS.ProcessEnv): boolean {
  if (env['CI'] || env['CODESPACES'] === 'true' || env['SSH_CONNECTION'] || env['SSH_TTY']) return false;
  return process.platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** Standard input of a terminal is asked for, since what is typed there is shown. */
async function readInput(owner: NodeJS.Process, terminal: Terminal): Promise<string> {
  return terminal.isInteractive ? askText('Key', { isSecret: true }) : text(owner.stdin);
}

async function readKey(owner: NodeJS.Process, terminal: Terminal, given: string): Promise<string> {
  const key = (given === '-' ? await readInput(owner, terminal) : given).trim();
  if (/^dlt_(u|sa)_./.test(key) || decodeAccessToken(key) !== null) return key;
  throw new CommandError('This is not a key: a key begins with dlt_u_ or dlt_sa_.', {
    code: 'invalid_key',
    exitCode: exitCodes.usage,
    nextStep: 'Create one in the console, or with pumphouse key create.',
  });
}

/** A key that the server does not accept is not stored. */
async function checkKey(client: Client): Promise<void> {
  await client.call('list_organizations', { query: { limit: 1 } });
}

function toLogin({ jwt, refresh_token }: NewSession): Login {
  return { authToken: jwt, refreshToken: refresh_token };
}
