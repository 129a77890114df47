import { createClient } from '@pumphouse/client';
import type { Session } from '../session/session.ts';
import { readServerLogin, writeServerLogin } from '../servers/server-list.ts';

/** Ends the session at the server and forgets the login. The login is forgotten even if the server is gone. */
export async function logout({ terminal, serverUrl, fetch }: Session): Promise<void> {
  const { env } = terminal;
  const { refreshToken, apiKey } = await readServerLogin(env, serverUrl);
  if (refreshToken === undefined && apiKey === undefined) {
    terminal.note(`You were not signed in to ${serverUrl}.`);
    return;
  }
  await writeServerLogin(env, serverUrl, {});
  if (refreshToken !== undefined) {
    const client = createClient({ baseUrl: serverUrl, fetch });
    await client.call('revoke_session', { body: { refresh_token: refreshToken } });
  }
  terminal.note(
    apiKey === undefined
      ? `Signed out of ${serverUrl}.`
      : `Forgot the key for ${serverUrl}. It stays valid: pumphouse key revoke ends it.`,
  );
}
