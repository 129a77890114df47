import type { KubeObject, ResourceType } from './kube-object.ts';
import { alreadyExists, notFound, tooOld } from './status-error.ts';

/** A change of the store. */
export interface StoreEvent {
  event: 'ADDED' | 'MODIFIED' | 'DELETED';
  type: ResourceType;
  /** For DELETED: its last state, with the revision of the deletion. */
  object: KubeObject;
  /** Null for ADDED. */
  previous: KubeObject | null;
  revision: number;
}

const maxHistory = 50_000;

const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`;

/** All objects of the cluster in memory, with one revision that counts every change of any of them. */
export class ObjectStore {
  /** Real clusters have counted some changes before the first one of a test, too. */
  #revision = 1000;
  /** Revisions below have no history any more. */
  #oldest = 1000;
  #history: StoreEvent[] = [];
  #unannounced: StoreEvent[] = [];
  readonly #objects = new Map<ResourceType, Map<string, KubeObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();

  get revision(): number {
    return this.#revision;
  }

  get(type: ResourceType, namespace: string | undefined, name: string): KubeObject {
    const found = this.find(type, namespace, name);
    if (found === undefined) throw notFound(type, name);
    return found;
  }

  find(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(type)?.get(keyOf(namespace, name));
  }

  /** Objects of a type, unsorted. */
  list(type: ResourceType, namespace?: string): KubeObject[] {
    const all = [...(this.#objects.get(type)?.values() ?? [])];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  count(type: ResourceType): number {
    return this.#objects.get(type)?.size ?? 0;
  }

  create(type: ResourceType, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    if (this.find(type, namespace, name) !== undefined) throw alreadyExists(type, name);
    return this.#write('ADDED', { type, object, previous: null });
  }

  replace(type: ResourceType, object: KubeObject): KubeObject {
    const previous = this.get(type, object.metadata.namespace, object.metadata.name);
    return this.#write('MODIFIED', { type, object, previous });
  }

  remove(type: ResourceType, object: KubeObject): KubeObject {
    const previous = this.get(type, object.metadata.namespace, object.metadata.name);
    return this.#write('DELETED', { type, object: previous, previous });
  }

  #write(
    event: StoreEvent['event'],
    { type, object, previous }: Pick<StoreEvent, 'type' | 'object' | 'previous'>,
  ): KubeObject {
    const revision = (this.#revision += 1);
    const written = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    const ofType = this.#objects.get(type) ?? new Map<string, KubeObject>();
    this.#objects.set(type, ofType);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (event === 'DELETED') ofType.delete(key);
    else ofType.set(key, written);
    const change: StoreEvent = { event, type, object: written, previous, revision };
    this.#history.push(change);
    if (this.#history.length > maxHistory * 1.25) this.#forget(this.#history.length - maxHistory);
    this.#announce(change);
    return written;
  }

  /** A listener may change objects: all listeners still get all changes in order. */
  #announce(change: StoreEvent): void {
    this.#unannounced.push(change);
    if (this.#unannounced.length > 1) return;
    for (const next of this.#unannounced) for (const listener of this.#listeners) listener(next);
    this.#unannounced = [];
  }

  /**
   * Changes of a type after a revision.
   * @throws StatusError 410 if they are no longer known
   */
  changesSince(type: ResourceType, revision: number): StoreEvent[] {
    if (revision < this.#oldest) throw tooOld(revision, this.#oldest);
    return this.#history.filter((change) => change.revision > revision && change.type === type);
  }

  /** Forgets how the objects became what they are, as compaction does. */
  forgetHistory(): void {
    // Even a watch that has seen every change is too old to resume.
    this.#revision += 1;
    this.#forget(this.#history.length);
    this.#oldest = this.#revision;
  }

  #forget(count: number): void {
    const forgotten = this.#history.splice(0, count);
    this.#oldest = forgotten.at(-1)?.revision ?? this.#oldest;
  }

  /** Calls the listener at each change, in order. @returns a function that ends it */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
