import { readApiError } from '@pumphouse/client';

type Send = (
  address: string,
  request: { method: 'POST'; body: URLSearchParams; redirect: 'error' },
) => Promise<Response>;

/**
 * Ends the session of the console and that of the sign-in pages, with one request: the server ends both or neither.
 * @throws ApiError for an error of the server; Error where there is no answer, or one that is not 204, such as the page of a proxy
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
    throw new Error('The server cannot be reached.');
  });
  if (answer.status === 204) return;
  if (answer.ok)
    throw new Error(`The answer (HTTP ${answer.status}) is not from Pumphouse. A proxy may have sent it.`);
  throw await readApiError(answer);
}
