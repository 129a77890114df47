import { isRecord } from './merge-patch.ts';

/** Lists that are merged by a key of their items. Any other list is replaced. */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  ownerReferences: 'uid',
  conditions: 'type',
  topologySpreadConstraints: 'topologyKey',
};
/** Ports have another key in containers than in services. */
const portKeys = ['containerPort', 'port'];
/** Lists of plain values that are joined. */
const joinedLists = new Set(['finalizers']);

/** Applies a strategic merge patch and returns the result. */
export function applyStrategicMergePatch(target: unknown, patch: unknown): unknown {
  return mergeValue(target, patch, '');
}

function mergeValue(target: unknown, patch: unknown, field: string): unknown {
  if (Array.isArray(patch)) return mergeList(Array.isArray(target) ? target : [], patch, field);
  if (!isRecord(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...own } = patch;
  if (directive === 'replace') return own;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  if (Array.isArray(retained))
    for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key];
  for (const [key, value] of Object.entries(own)) {
    const [, list] = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key) ?? [];
    if (list !== undefined) merged[list] = without(merged[list], value);
    else if (key.startsWith('$setElementOrder/')) continue;
    else if (value === null) delete merged[key];
    else if (isRecord(value) && value['$patch'] === 'delete') delete merged[key];
    else merged[key] = mergeValue(merged[key], value, key);
  }
  return merged;
}

function without(list: unknown, removed: unknown): unknown {
  return Array.isArray(list) && Array.isArray(removed) ? list.filter((one) => !removed.includes(one)) : list;
}

function mergeList(target: unknown[], patch: unknown[], field: string): unknown[] {
  if (joinedLists.has(field)) return [...new Set([...target, ...patch])];
  const items = patch.filter((item) => !isReplacement(item));
  if (items.length < patch.length) return items;
  const key =
    field === 'ports' ? portKeys.find((name) => items.some((item) => keyOf(item, name))) : mergeKeys[field];
  if (key === undefined) return patch;
  const merged = [...target];
  for (const item of items) {
    const index = merged.findIndex(
      (one) => keyOf(one, key) !== undefined && keyOf(one, key) === keyOf(item, key),
    );
    if (isRecord(item) && item['$patch'] === 'delete') {
      if (index !== -1) merged.splice(index, 1);
    } else if (index === -1) merged.push(mergeValue({}, item, ''));
    else merged[index] = mergeValue(merged[index], item, '');
  }
  return merged;
}

/** A list is replaced if one of its items is just the directive. */
const isReplacement = (item: unknown) =>
  isRecord(item) && item['$patch'] === 'replace' && Object.keys(item).length === 1;

const keyOf = (item: unknown, key: string) => (isRecord(item) ? item[key] : undefined);
