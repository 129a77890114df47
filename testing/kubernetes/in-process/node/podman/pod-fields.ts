import type { Pod } from '../../api-server/pods/pod.ts';

/** Reads a field of a pod for the downward API: `metadata.uid`, `metadata.labels['name']`. */
export function readPodField({ metadata, spec }: Pod, path: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map !== undefined && key !== undefined) {
    return metadata[map as 'labels' | 'annotations']?.[key] ?? '';
  }
  const values: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'metadata.labels': formatMap(metadata.labels),
    'metadata.annotations': formatMap(metadata.annotations),
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
  };
  return values[path] ?? '';
}

const formatMap = (map: Record<string, string> = {}) =>
  Object.entries(map)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
