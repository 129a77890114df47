import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import type { TestCluster } from './cluster.ts';

/** A response of the API. */
export interface ApiResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read and compare any shape
  body: any;
}

export interface RequestOptions {
  body?: unknown;
  /** "application/merge-patch+json"; JSON unless set. */
  contentType?: string;
  /** Bearer token; the administrator's unless set. Null sends none. */
  token?: string | null;
}

/** An open watch. */
export interface ApiWatch {
  status: number;
  /** The next event. @returns null at the end of the watch */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  next(): Promise<{ type: string; object: any } | null>;
  close(): void;
}

/** Sends plain requests, so that tests see exactly what the API answers. */
export class ApiClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #cluster: Pick<TestCluster, 'connection' | 'adminToken'>;

  constructor(cluster: Pick<TestCluster, 'connection' | 'adminToken'>) {
    this.#cluster = cluster;
  }

  /** The path of the namespace's resource: `pods`, `pods/x/log`. */
  path(resource: string, group = ''): string {
    const { namespace } = this.#cluster.connection;
    const base = group === '' ? '/api/v1' : `/apis/${group}/v1`;
    return `${base}/namespaces/${namespace}/${resource}`;
  }

  send(method: string, path: string, options: RequestOptions = {}): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const sent = this.#open(method, path, options);
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.includes('json') ?? false;
          const body: unknown = isJson ? JSON.parse(text) : text;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      const text = options.body === undefined ? '' : JSON.stringify(options.body);
      // Node sends the length of a DELETE's body only if it is told.
      sent.setHeader('content-length', Buffer.byteLength(text));
      sent.end(text);
    });
  }

  /** Opens a watch; `path` may have other parts of the query. */
  watch(path: string, options: Pick<RequestOptions, 'token'> = {}): Promise<ApiWatch> {
    return new Promise((resolve, reject) => {
      const sent = this.#open('GET', `${path}${path.includes('?') ? '&' : '?'}watch=true`, options);
      sent.on('error', reject);
      sent.on('response', (response) => {
        const lines = createInterface(response)[Symbol.asyncIterator]();
        response.on('error', () => {});
        resolve({
          status: response.statusCode ?? 0,
          next: async () => {
            // A cut connection is the end of a watch, too.
            const line = await lines.next().catch(() => null);
            return line === null || line.done === true ? null : JSON.parse(line.value);
          },
          close: () => sent.destroy(),
        });
      });
      sent.end();
    });
  }

  #open(method: string, path: string, { body, contentType = 'application/json', token }: RequestOptions) {
    const { apiUrl, caCertificate } = this.#cluster.connection;
    const bearer = token === undefined ? this.#cluster.adminToken : token;
    return request(`${apiUrl}${path}`, {
      method,
      agent: this.#agent,
      ca: caCertificate,
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': contentType }),
      },
    });
  }
}
