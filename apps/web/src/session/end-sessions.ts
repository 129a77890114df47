import { readApiError } from '@pumphouse/client';

type Send = (
  address: string,
  request: { method: 'POST'; body: URLSearchParams; redirect: 'error' },
) => Promise<Response>;

/**
 * Ends the sessions of the console and of the sign-in pages with one request: the server ends both or
 * neither.
 * @throws ApiError for an error of the server; Error without a response or for a status other than 204, such
 * as a proxy's page
 */
export async function endSessions(
  send: Send,
  baseUrl: string,
  session: { refreshToken: string } | null,
): Promise<void> {
  const body = new URLSearchParams({ refresh_token: session?.refreshToken ?? '' });
  const answer = await send(`${baseUrl}/sign-in/end-sessions`, {
    method: 'POST',
    body,
    redirect: 'error',
  }).catch(() => {
    throw new Error('Cannot reach the server.');
  });
  if (answer.status === 204) return;
  if (answer.ok)
    throw new Error(`The response (HTTP ${answer.status}) is not from Pumphouse. A proxy may have sent it.`);
  throw await readApiError(answer);
}
