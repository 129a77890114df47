import { accessSync, constants, existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { asObject } from '@pumphouse/contract';
import { readTomlFile, updateTomlFile } from './toml-file.ts';

/** A credential of a server: the tokens of a login, or a key. */
export interface Login {
  authToken?: string;
  refreshToken?: string;
  apiKey?: string;
}

/**
 * The folder of dlt's global secrets, by dlt's own rule: `/var/dlt` for root, `~/.dlt`, `$XDG_DATA_HOME/dlt`, else
 * a temporary folder. `PUMPHOUSE_LOGIN_DIR` replaces it, for machines on which several people are root.
 */
function locateDltFolder(env: NodeJS.ProcessEnv, userId = process.geteuid?.()): string {
  if (env['PUMPHOUSE_LOGIN_DIR']) return env['PUMPHOUSE_LOGIN_DIR'];
  if (userId === 0) return join('/var', 'dlt');
  const home = env['HOME'] ?? homedir();
  if (!isWritable(home)) return join(tmpdir(), 'dlt');
  const own = join(home, '.dlt');
  if (env['XDG_DATA_HOME'] && !existsSync(own)) return join(env['XDG_DATA_HOME'], 'dlt');
  return own;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function locateSecrets(env: NodeJS.ProcessEnv): string {
  return join(locateDltFolder(env), 'secrets.toml');
}

/** Reads the login that `dlthub` and this command share. */
export async function readDltLogin(env: NodeJS.ProcessEnv): Promise<Login> {
  const secrets = await readTomlFile(locateSecrets(env));
  return readLogin(secrets['runtime']);
}

/** Stores the login where `dlthub` reads it; absent parts are removed. Comments in the file stay. */
export async function writeDltLogin(env: NodeJS.ProcessEnv, login: Login): Promise<void> {
  await updateTomlFile(locateSecrets(env), (secrets) => {
    const { auth_token: _1, refresh_token: _2, api_key: _3, ...others } = asObject(secrets['runtime']);
    const runtime = { ...others, ...toTable(login) };
    const { runtime: _, ...rest } = secrets;
    return Object.keys(runtime).length === 0 ? rest : { ...rest, runtime };
  });
}

/** Reads a login from a table with dlt's names. */
export function readLogin(table: unknown): Login {
  const { auth_token: authToken, refresh_token: refreshToken, api_key: apiKey } = asObject(table);
  return {
    ...(typeof authToken === 'string' && { authToken }),
    ...(typeof refreshToken === 'string' && { refreshToken }),
    ...(typeof apiKey === 'string' && { apiKey }),
  };
}

/** The table of a login, with dlt's names. */
export function toTable({ authToken, refreshToken, apiKey }: Login): Record<string, string> {
  return {
    ...(authToken !== undefined && { auth_token: authToken }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(apiKey !== undefined && { api_key: apiKey }),
  };
}
