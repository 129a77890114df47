import { homedir } from 'node:os';
import { join } from 'node:path';
import { asObject } from '@pumphouse/contract';
import { readDltLogin, readLogin, toTable, writeDltLogin, type Login } from './dlt-secrets.ts';
import { readTomlFile, updateTomlFile } from './toml-file.ts';

/** A server that the user has signed in to. */
export interface NamedServer {
  name: string;
  url: string;
  /** The login of this server is the one that dlt keeps, which `dlthub` uses too. */
  isCurrent: boolean;
}

/**
 * Reads the servers that the user has signed in to. The file keeps no login of the current server: that is in
 * dlt's own file, so that a refresh by either command is known to both.
 */
export async function listServers(env: NodeJS.ProcessEnv): Promise<NamedServer[]> {
  const file = await readTomlFile(locateServerList(env));
  const current = file['current'];
  return Object.entries(asObject(file['servers'])).flatMap(([name, table]) => {
    const { url } = asObject(table);
    return typeof url === 'string' ? [{ name, url, isCurrent: name === current }] : [];
  });
}

/**
 * Reads the login of a server. An unknown server gets the shared login only while no other server is known to own
 * it: the folder of a stranger could name a server that collects tokens.
 */
export async function readServerLogin(env: NodeJS.ProcessEnv, url: string): Promise<Login> {
  const file = await readTomlFile(locateServerList(env));
  const found = Object.entries(asObject(file['servers'])).find(([, table]) => asObject(table)['url'] === url);
  if (found !== undefined && found[0] !== file['current']) return readLogin(found[1]);
  return found === undefined && file['current'] !== undefined ? {} : readDltLogin(env);
}

/** Stores a refreshed login of a server where `readServerLogin` reads it. */
export async function writeServerLogin(env: NodeJS.ProcessEnv, url: string, login: Login): Promise<void> {
  const other = (await listServers(env)).find((server) => server.url === url && !server.isCurrent);
  if (other === undefined) return writeDltLogin(env, login);
  await updateTomlFile(locateServerList(env), (file) => {
    const servers = asObject(file['servers']);
    return { ...file, servers: { ...servers, [other.name]: { url, ...toTable(login) } } };
  });
}

/**
 * Makes a server the current one and stores its login where `dlthub` reads it. The login of the previous
 * current server moves to the list, so that it stays usable by its name.
 */
export async function setCurrentServer(
  env: NodeJS.ProcessEnv,
  server: { name: string; url: string },
  login: Login,
): Promise<void> {
  const previous = await readDltLogin(env);
  await updateTomlFile(locateServerList(env), (file) => {
    const servers = { ...asObject(file['servers']) };
    const current = file['current'];
    if (typeof current === 'string' && current !== server.name && current in servers)
      servers[current] = { ...asObject(servers[current]), ...toTable(previous) };
    servers[server.name] = { url: server.url };
    return { ...file, current: server.name, servers };
  });
  await writeDltLogin(env, login);
}

function locateServerList(env: NodeJS.ProcessEnv): string {
  const configuration = env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config');
  return join(configuration, 'pumphouse', 'servers.toml');
}
