import { asObject } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { openFetch } from '../http/open-fetch.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import { adviseUpgrade } from './advise-upgrade.ts';

/** The name of the package on npm. */
const packageName = 'pumphouse';
const defaultRegistry = 'https://registry.npmjs.org';
const registryTimeoutMs = 2000;
/** The server's own version is in the first bytes of its description; the rest is not read. */
const maxDescriptionBytes = 4096;

/** Shows the versions of the command, the server and the latest release, and what to do. */
export async function checkUpgrade(session: Session, commandVersion: string): Promise<void> {
  const { terminal, serverUrl } = session;
  const registry = findRegistry(terminal.env);
  const [server, latest] = await Promise.all([
    readServerVersion(session),
    readLatestRelease(terminal.env, registry),
  ]);
  const advice = adviseUpgrade({ command: commandVersion, server: server.version, latest });
  const data = {
    command_version: commandVersion,
    server_url: serverUrl,
    server_version: server.version,
    latest_version: latest,
    registry,
    advice,
  };
  session.show(data, () => {
    const details = formatDetails(terminal, [
      ['Command', commandVersion],
      ['Server', `${server.version ?? `unknown (${server.problem})`} at ${serverUrl}`],
      ['Latest release', latest ?? `unknown: ${registry} has no answer about ${packageName}`],
    ]);
    return `${details}\n${advice.join('\n')}`;
  });
}

interface ServerVersion {
  version: string | null;
  problem: string;
}

/** A server that does not answer leaves the rest of the check useful. */
async function readServerVersion({ serverUrl, fetch }: Session): Promise<ServerVersion> {
  try {
    const response = await fetch(`${serverUrl}/openapi.json`);
    const start = await readStart(response);
    const version = /"info":\s*\{[^}]*"version":\s*"([^"]{1,50})"/.exec(start)?.[1] ?? null;
    return { version, problem: 'the server does not report it' };
  } catch (error) {
    if (error instanceof CommandError) return { version: null, problem: error.code };
    throw error;
  }
}

async function readStart({ body }: Response): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < maxDescriptionBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text.slice(0, maxDescriptionBytes);
}

/** npm's own setting of its registry, without a final slash. */
export function findRegistry(env: NodeJS.ProcessEnv): string {
  const given = env['npm_config_registry'] || env['NPM_CONFIG_REGISTRY'] || defaultRegistry;
  return given.replace(/\/+$/, '');
}

/** Null if the registry cannot be reached, has no release, or has another program of this name. */
async function readLatestRelease(env: NodeJS.ProcessEnv, registry: string): Promise<string | null> {
  try {
    const fetch = await openFetch(env, registry);
    const response = await fetch(`${registry}/${packageName}/latest`, {
      signal: AbortSignal.timeout(registryTimeoutMs),
    });
    const { version, bin } = asObject(await response.json());
    return typeof version === 'string' && packageName in asObject(bin) ? version : null;
  } catch {
    return null;
  }
}
