import { apiVersionOf, type KubeObject, type ResourceType } from './kube-object.ts';
import type { ObjectStore } from './object-store.ts';
import type { ObjectFilter } from './selectors.ts';
import { badRequest, expired, tooLarge } from './status-error.ts';

export interface ListOptions {
  namespace: string | undefined;
  matches: ObjectFilter;
  /** Whether a selector is set; then the number of remaining objects is not reported. */
  isSelective: boolean;
  limit: number;
  continueToken: string;
  resourceVersion: string;
}

export interface ObjectList {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: KubeObject[];
}

interface Continuation {
  v: 'meta.k8s.io/v1';
  /** -1: continue with the objects as they are now. */
  rv: number;
  /** The key after which the page begins. */
  start: string;
}

const expiryMessage =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted ' +
  'between the time the first chunk was returned and now may show up in the list.';

/** Answers lists, in pages that all show the same revision. */
export class ObjectLister {
  /** By type, namespace and revision: what a list that is not finished shows. */
  readonly #snapshots = new Map<string, KubeObject[]>();
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Makes all continue tokens expire. */
  expireTokens(): void {
    this.#snapshots.clear();
  }

  list(type: ResourceType, options: ListOptions): ObjectList {
    const { rv, start, objects } = this.#openSnapshot(type, options);
    // From its cache, which resource version 0 allows, Kubernetes answers with everything whatever the limit.
    const limit = options.resourceVersion === '0' && start === '' ? 0 : options.limit;
    const candidates = objects.slice(indexAfter(objects, start));
    const items: KubeObject[] = [];
    let taken = 0;
    for (const object of candidates) {
      if (limit > 0 && items.length === limit) break;
      taken += 1;
      if (options.matches(object)) items.push(object);
    }
    const remaining = candidates.length - taken;
    const last = candidates[taken - 1];
    const hasMore = last !== undefined && candidates.slice(taken).some(options.matches);
    if (hasMore) this.#keep(snapshotKey(type, options.namespace, rv), objects);
    return {
      kind: `${type.kind}List`,
      apiVersion: apiVersionOf(type),
      metadata: {
        resourceVersion: String(rv),
        ...(hasMore && { continue: encode({ v: 'meta.k8s.io/v1', rv, start: sortKey(last) }) }),
        ...(hasMore && !options.isSelective && { remainingItemCount: remaining }),
      },
      items,
    };
  }

  #openSnapshot(type: ResourceType, { continueToken, resourceVersion, namespace }: ListOptions) {
    const current = this.#store.revision;
    if (continueToken === '') {
      const wanted = Number(resourceVersion || 0);
      if (!Number.isInteger(wanted) || wanted < 0)
        throw badRequest(`invalid resource version "${resourceVersion}"`);
      if (wanted > current) throw tooLarge(wanted, current);
      return { rv: current, start: '', objects: this.#sorted(type, namespace) };
    }
    if (resourceVersion !== '' && resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const { rv, start } = decode(continueToken);
    if (rv === -1) return { rv: current, start, objects: this.#sorted(type, namespace) };
    const kept = this.#snapshots.get(snapshotKey(type, namespace, rv));
    if (kept === undefined) {
      const error = expired(expiryMessage);
      error.status.metadata.continue = encode({ v: 'meta.k8s.io/v1', rv: -1, start });
      throw error;
    }
    return { rv, start, objects: kept };
  }

  #sorted(type: ResourceType, namespace: string | undefined): KubeObject[] {
    return this.#store
      .list(type, namespace)
      .map((object) => ({ key: sortKey(object), object }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ object }) => object);
  }

  #keep(key: string, objects: KubeObject[]): void {
    if (!this.#snapshots.has(key)) this.#snapshots.set(key, objects);
    // A test has few lists at once; the oldest expires, as it does after five minutes in a real cluster.
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > 64 && oldest !== undefined) this.#snapshots.delete(oldest);
  }
}

const snapshotKey = ({ group, resource }: ResourceType, namespace = '', rv: number) =>
  `${group}/${resource}/${namespace}/${rv}`;

/** Names sort by namespace first, as the keys of etcd do. */
const sortKey = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

function indexAfter(objects: KubeObject[], start: string): number {
  if (start === '') return 0;
  const index = objects.findIndex((object) => sortKey(object) > start);
  return index === -1 ? objects.length : index;
}

const encode = (continuation: Continuation) =>
  Buffer.from(JSON.stringify(continuation)).toString('base64url');

function decode(token: string): Continuation {
  try {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as Continuation;
    if (parsed.v === 'meta.k8s.io/v1' && typeof parsed.start === 'string') return parsed;
  } catch {
    // Reported below.
  }
  throw badRequest(
    'invalid continue token: continue key is not valid: the encoded continue token is not valid',
  );
}
