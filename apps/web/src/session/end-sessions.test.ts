import { describe, expect, it } from 'vitest';
import { endSessions } from './end-sessions.ts';

const session = { refreshToken: 'dlt_r_token' };
const answer =
  (status: number, body: string | null = null) =>
  async () =>
    new Response(body, { status });

describe('ending the sessions of a browser', () => {
  it('sends one request with the refresh token in its body', async () => {
    const sent: unknown[] = [];
    await endSessions(
      async (address, { method, body }) => {
        sent.push([method, address, String(body)]);
        return new Response(null, { status: 204 });
      },
      '/pump',
      session,
    );
    expect(sent).toEqual([['POST', '/pump/sign-in/end-sessions', 'refresh_token=dlt_r_token']]);
  });

  it('sends the request even without a token, since the session of the sign-in pages may be active', async () => {
    let sent = '';
    await endSessions(
      async (_, { body }) => {
        sent = String(body);
        return new Response(null, { status: 204 });
      },
      '',
      null,
    );
    expect(sent).toBe('refresh_token=');
  });

  it.each([
    ['a page from a proxy', answer(200, '<h1>Welcome to this network</h1>'), 'not from Pumphouse', undefined],
    [
      'a rejection',
      answer(403, '{"code":"foreign_form","detail":"From elsewhere.","status_code":403}'),
      'From elsewhere.',
      'foreign_form',
    ],
    ['an error without a body', answer(503), 'The server answered 503', undefined],
    [
      'a failed request',
      async () => {
        throw new TypeError('Failed to fetch');
      },
      'Cannot reach the server',
      undefined,
    ],
  ])('fails after %s', async (_, send, message, code) => {
    const failure: unknown = await endSessions(send, '', session).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toContain(message);
    expect((failure as { code?: string }).code).toBe(code);
  });
});
