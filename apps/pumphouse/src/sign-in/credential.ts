import { createClient, type ApiError } from '@pumphouse/client';
import type { Login } from '../servers/dlt-secrets.ts';
import { readServerLogin, writeServerLogin } from '../servers/server-list.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { isExpiring } from './access-token.ts';

/** Gives the credential of each request, and refreshes the login when it expires. */
export interface Credential {
  /** Where the credential comes from. */
  kind: 'key' | 'login' | 'none';
  /** @throws CommandError not_signed_in */
  current(): Promise<string>;
  /** Refreshes the login after a rejection; false if there is nothing to refresh. */
  refresh(): Promise<boolean>;
  /** The refresh token, with which a browser can be signed in; undefined with a key. */
  refreshToken(): Promise<string | undefined>;
}

interface CredentialOptions {
  env: NodeJS.ProcessEnv;
  serverUrl: string;
  fetch: typeof globalThis.fetch;
}

/** Opens the credential for a server: a key of the environment first, then the stored login. */
export async function openCredential(options: CredentialOptions): Promise<Credential> {
  const { env, serverUrl } = options;
  const key = env['RUNTIME__API_KEY'] || (await readServerLogin(env, serverUrl)).apiKey;
  if (key) return useKey(key);
  return useLogin(options);
}

function useKey(key: string): Credential {
  return {
    kind: 'key',
    current: async () => key,
    refresh: async () => false,
    refreshToken: async () => undefined,
  };
}

function useLogin({ env, serverUrl, fetch }: CredentialOptions): Credential {
  // The sessions of the command's concurrent requests are refreshed once.
  let refreshing: Promise<boolean> | null = null;
  // The file is the only copy: another command may have refreshed the login meanwhile.
  const read = (): Promise<Login> => readServerLogin(env, serverUrl);

  async function refreshOnce(): Promise<boolean> {
    const { refreshToken } = await read();
    if (refreshToken === undefined) return false;
    const client = createClient({ baseUrl: serverUrl, fetch });
    try {
      const { jwt, refresh_token } = await client.call('refresh_session', {
        body: { refresh_token: refreshToken },
      });
      await writeServerLogin(env, serverUrl, { authToken: jwt, refreshToken: refresh_token });
      return true;
    } catch (error) {
      // Another command may have used the token, which is valid once, and stored the next one.
      if (isRejection(error)) return (await read()).refreshToken !== refreshToken;
      throw error;
    }
  }

  function refresh(): Promise<boolean> {
    refreshing ??= refreshOnce().finally(() => (refreshing = null));
    return refreshing;
  }

  return {
    kind: 'login',
    async current() {
      const { authToken, refreshToken } = await read();
      if (authToken === undefined && refreshToken === undefined) throw notSignedIn(serverUrl);
      if (authToken !== undefined && !isExpiring(authToken)) return authToken;
      if (await refresh()) return (await read()).authToken ?? '';
      throw loginExpired(serverUrl);
    },
    refresh,
    refreshToken: async () => (await read()).refreshToken,
  };
}

function isRejection(error: unknown): error is ApiError {
  return error instanceof Error && 'status' in error && (error.status === 400 || error.status === 401);
}

function notSignedIn(serverUrl: string): CommandError {
  return new CommandError(`You are not signed in to ${serverUrl}.`, {
    code: 'not_signed_in',
    exitCode: exitCodes.notSignedIn,
    nextStep: `Run pumphouse login --server ${serverUrl}, or set RUNTIME__API_KEY to a key.`,
  });
}

function loginExpired(serverUrl: string): CommandError {
  return new CommandError(`Your login at ${serverUrl} has expired.`, {
    code: 'login_expired',
    exitCode: exitCodes.notSignedIn,
    nextStep: `Run pumphouse login --server ${serverUrl}, then repeat the command.`,
  });
}
