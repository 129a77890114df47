import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { ApiClient, type ApiWatch } from '../../api-client.ts';
import type { TestCluster } from '../../cluster.ts';
import type { KnownDifference } from './known-differences.ts';
import { compareJson, type Difference } from './compare.ts';

/** A recorded request with its response, or a watch with its events. */
export interface Exchange {
  caller: 'server' | 'admin' | 'stranger';
  method: string;
  path: string;
  contentType?: string;
  body?: unknown;
  status: number;
  response?: unknown;
  events?: RecordedEvent[];
}

interface RecordedEvent {
  type: string;
  object: {
    code?: number;
    spec?: unknown;
    metadata?: { deletionGracePeriodSeconds?: number };
    status?: { phase?: string; conditions?: { reason?: string }[]; containerStatuses?: { state: object }[] };
  };
}

/** For the next event of a watch; the longest that a recording waits for is a grace period. */
const patienceMilliseconds = 30_000;

/** Sends recorded requests again and compares the answers with the recorded ones. */
export class Replay {
  readonly differences: Difference[] = [];
  /** The name of the pod that was created last. */
  lastPod = '';
  /** By what was recorded: versions, ids and tokens of this run. */
  readonly #values = new Map<string, string>();
  readonly #cluster: TestCluster;
  readonly #api: ApiClient;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.#api = new ApiClient(cluster);
  }

  async send(exchange: Exchange): Promise<void> {
    const isTooNew = exchange.status === 504;
    const path = isTooNew
      ? exchange.path.replace(/resourceVersion=\d+/, 'resourceVersion=999999999')
      : this.#translate(exchange.path);
    const token = this.#tokenOf(exchange.caller);
    if (exchange.events !== undefined) return this.#watch(await this.#api.watch(path, { token }), exchange);
    const { method, body, contentType } = exchange;
    if (method === 'POST' && path.endsWith('/pods'))
      this.lastPod = (body as { metadata: { name: string } }).metadata.name;
    const answer = await this.#api.send(method, path, {
      token,
      ...(contentType !== undefined && { contentType }),
      ...(body !== undefined && { body: JSON.parse(this.#translate(JSON.stringify(body))) as unknown }),
    });
    this.#learn(exchange.response, answer.body);
    this.#compare(exchange.status, answer.status, `${method}.status`);
    this.#compare(exchange.response, answer.body, `${method}.response`);
  }

  /** Reads events until each recorded one has come, in their order. More may come between them. */
  async #watch(watch: ApiWatch, { status, events = [] }: Exchange): Promise<void> {
    this.#compare(status, watch.status, 'WATCH.status');
    const seen: string[] = [];
    for (const recorded of events) {
      const wanted = summarise(recorded);
      for (;;) {
        const event = await Promise.race([watch.next(), delay(patienceMilliseconds, null, { ref: false })]);
        if (event === null) throw new Error(`The watch brought no "${wanted}", after ${seen.join('; ')}`);
        seen.push(summarise(event));
        if (seen.at(-1) !== wanted) continue;
        const { spec, ...object } = event.object as RecordedEvent['object'];
        // The recording leaves out a spec that has not changed.
        const actual = recorded.object.spec === undefined ? object : { ...object, spec };
        this.#learn(recorded.object, actual);
        this.#compare(recorded.object, actual, `WATCH.${recorded.type}`);
        break;
      }
    }
    watch.close();
  }

  #tokenOf(caller: Exchange['caller']): string {
    const { connection, adminToken } = this.#cluster;
    return { server: connection.token, admin: adminToken, stranger: 'not-a-token' }[caller];
  }

  #compare(recorded: unknown, actual: unknown, path: string): void {
    this.differences.push(...compareJson(recorded, actual, path));
  }

  /** Remembers which values of this run stand for which recorded ones. */
  #learn(recorded: unknown, actual: unknown): void {
    if (typeof recorded !== 'object' || typeof actual !== 'object' || recorded === null || actual === null)
      return;
    for (const [key, value] of Object.entries(recorded)) {
      const own = (actual as Record<string, unknown>)[key];
      const isIdentity = key === 'resourceVersion' || key === 'uid' || key === 'continue';
      if (isIdentity && typeof value === 'string' && typeof own === 'string') this.#values.set(value, own);
      else this.#learn(value, own);
    }
  }

  #translate(text: string): string {
    const { namespace } = this.#cluster.connection;
    return text
      .replace('/namespaces/pumphouse/', `/namespaces/${namespace}/`)
      .replaceAll(/(?<==)[\w-]+|(?<=")[0-9a-f-]{36}(?=")/g, (value) => this.#values.get(value) ?? value);
  }
}

/** What a recorded event and one of this run have in common if they are about the same moment. */
function summarise({ type, object }: RecordedEvent): string {
  const { code, metadata = {}, status = {} } = object;
  const states = (status.containerStatuses ?? []).map(({ state }) => {
    const [[name, details] = ['', {}]] = Object.entries(state) as [string, { reason?: string }][];
    return `${name} ${details.reason ?? ''}`.trim();
  });
  const isUnschedulable = status.conditions?.some(({ reason }) => reason === 'Unschedulable') ?? false;
  const parts = [
    type,
    code ?? status.phase,
    isUnschedulable ? 'unschedulable' : undefined,
    metadata.deletionGracePeriodSeconds === undefined
      ? undefined
      : `grace ${metadata.deletionGracePeriodSeconds}`,
    ...states,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** Fails unless all differences are among the known ones. */
export function expectKnown(differences: Difference[], known: KnownDifference[]): void {
  const isKnown = ({ path, recorded }: Difference) =>
    known.some((one) => one.path.test(path) && (one.recorded?.test(String(recorded)) ?? true));
  const unknown = differences.filter((difference) => !isKnown(difference));
  const lines = unknown.map(
    ({ path, recorded, actual }) =>
      `${path}: ${JSON.stringify(recorded)} was recorded, got ${JSON.stringify(actual)}`,
  );
  expect([...new Set(lines)]).toEqual([]);
}
