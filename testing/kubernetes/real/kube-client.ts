import { request } from 'node:https';
import { text } from 'node:stream/consumers';

export interface KubeAnswer<Body> {
  status: number;
  body: Body;
}

/** Sends JSON requests to an API server with one token. For tests and their set-up. */
export class KubeClient {
  readonly #server: { url: string; certificate: string; token: string };

  constructor(server: { url: string; certificate: string; token: string }) {
    this.#server = server;
  }

  /** @throws Error if the status is not 2xx */
  async call<Body = unknown>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.ask<Body>(method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} returned ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  /** @throws Error if the server cannot be reached */
  ask<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  ): Promise<KubeAnswer<Body>> {
    const { url, certificate, token } = this.#server;
    const sentBody = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, {
        method,
        ca: certificate,
        agent: false,
        timeout: 30_000,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': type,
          accept: 'application/json',
          // Node sends a DELETE with a body, but not its length.
          'content-length': Buffer.byteLength(sentBody),
        },
      });
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} timed out.`)));
      sent.on('error', reject);
      sent.on('response', (response) => {
        text(response)
          .then((body) => resolve({ status: response.statusCode ?? 0, body: parse(body) as Body }))
          .catch(reject);
      });
      sent.end(sentBody);
    });
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
