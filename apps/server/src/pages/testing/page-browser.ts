import type { FastifyInstance } from 'fastify';

export interface PageAnswer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  /** The redirect target, '' without a redirect. */
  location: string;
}

export type PageBrowser = ReturnType<typeof createPageBrowser>;

/**
 * A minimal browser for pages: keeps cookies and submits forms. Tests with a real browser are in testing/e2e.
 */
export function createPageBrowser(app: FastifyInstance, options: { headers?: Record<string, string> } = {}) {
  const jar = new Map<string, string>();
  let shown = '';

  async function send(
    method: 'GET' | 'POST',
    url: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<PageAnswer> {
    const answer = await app.inject({
      method,
      url,
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...options.headers,
        ...headers,
      },
      ...(form && { payload: new URLSearchParams(form).toString() }),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    shown = answer.body;
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      location: answer.headers.location ?? '',
    };
  }

  /** The token in the first form of the last page. */
  const formToken = () => /name="form_token" value="([^"]*)"/.exec(shown)?.[1] ?? '';

  return {
    jar,
    get: (url: string, headers?: Record<string, string>) => send('GET', url, undefined, headers),
    /** Submits a form of the last page. */
    post: (url: string, fields: Record<string, string>, headers?: Record<string, string>) =>
      send('POST', url, { form_token: formToken(), ...fields }, headers),
    formToken,
    /** Opens the sign-in page and signs in. */
    async signIn(email: string, password: string, returnTo?: string): Promise<PageAnswer> {
      await send('GET', '/sign-in');
      return send('POST', '/sign-in', {
        form_token: formToken(),
        email,
        password,
        ...(returnTo !== undefined && { return_to: returnTo }),
      });
    },
  };
}
