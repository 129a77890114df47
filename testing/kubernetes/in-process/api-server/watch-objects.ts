import { apiVersionOf, type KubeObject, type ResourceType } from './kube-object.ts';
import type { ObjectStore, StoreEvent } from './object-store.ts';
import type { ObjectFilter } from './selectors.ts';
import { badRequest, type Status } from './status-error.ts';

export interface WatchOptions {
  namespace: string | undefined;
  matches: ObjectFilter;
  resourceVersion: string;
  allowsBookmarks: boolean;
}

/** What a watch sends, one a line. */
export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeObject | Status | BookmarkObject;
}

interface BookmarkObject {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; creationTimestamp: null };
  spec?: object;
  status?: object;
}

/**
 * Sends a type's changes since a resource version, then each new one, until the returned function is called.
 * @throws StatusError 410 if the resource version has expired
 */
export function watchObjects(
  store: ObjectStore,
  type: ResourceType,
  { options, send }: { options: WatchOptions; send: (event: WatchEvent) => void },
): () => void {
  for (const event of listInitialEvents(store, type, options)) send(event);
  return store.subscribe((change) => {
    const event = change.type === type ? asWatchEvent(change, options) : null;
    if (event !== null) send(event);
  });
}

function listInitialEvents(store: ObjectStore, type: ResourceType, options: WatchOptions): WatchEvent[] {
  const { resourceVersion, namespace, matches } = options;
  // Without a version, and with 0, a watch begins with the objects that exist.
  if (resourceVersion === '' || resourceVersion === '0') {
    return store
      .list(type, namespace)
      .filter(matches)
      .map((object) => ({ type: 'ADDED', object }));
  }
  const revision = Number(resourceVersion);
  if (!Number.isInteger(revision)) throw badRequest(`invalid resource version "${resourceVersion}"`);
  return store.changesSince(type, revision).flatMap((change) => asWatchEvent(change, options) ?? []);
}

/**
 * The event that a watch with these selectors sends for a change: an object that no longer matches is deleted
 * for it, one that begins to match is added.
 */
function asWatchEvent(
  { event, object, previous }: StoreEvent,
  { namespace, matches }: Pick<WatchOptions, 'namespace' | 'matches'>,
): WatchEvent | null {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return null;
  const did = previous !== null && matches(previous);
  const does = event !== 'DELETED' && matches(object);
  if (does) return { type: did ? 'MODIFIED' : 'ADDED', object };
  if (!did) return null;
  const { resourceVersion } = object.metadata;
  const last = event === 'DELETED' ? object : previous;
  return { type: 'DELETED', object: { ...last, metadata: { ...last.metadata, resourceVersion } } };
}

export function bookmarkAt(type: ResourceType, revision: number): WatchEvent {
  return {
    type: 'BOOKMARK',
    object: {
      kind: type.kind,
      apiVersion: apiVersionOf(type),
      metadata: { resourceVersion: String(revision), creationTimestamp: null },
      ...(type.kind === 'Pod' && { spec: { containers: null }, status: {} }),
    },
  };
}
