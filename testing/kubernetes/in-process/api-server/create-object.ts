import { randomUUID } from 'node:crypto';
import { admit, admitAndComplete } from './admission.ts';
import { toTimestamp } from './cluster-clock.ts';
import type { ClusterState } from './cluster-state.ts';
import { rulesOf } from './kind-rules.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta, type ResourceType } from './kube-object.ts';
import { generateName, missingValue, validateLabels } from './names.ts';
import { isRecord } from './patches/merge-patch.ts';
import * as types from './resource-types.ts';
import { badRequest, invalid } from './status-error.ts';

/** A new object as a client sends it. */
export type NewObject = Partial<Omit<KubeObject, 'metadata'>> & { metadata: Partial<ObjectMeta> };

/**
 * Creates an object.
 * @throws StatusError
 */
export function createObject(
  state: ClusterState,
  type: ResourceType,
  { namespace, body }: { namespace?: string; body: NewObject },
): KubeObject {
  checkKind(type, body);
  const sent = isRecord(body.metadata) ? body.metadata : {};
  if (sent.namespace !== undefined && sent.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace !== undefined) state.store.get(types.namespaces, undefined, namespace);
  const { resourceVersion: _1, deletionTimestamp: _2, deletionGracePeriodSeconds: _3, ...kept } = sent;
  const metadata: ObjectMeta = {
    ...kept,
    name: sent.name || (sent.generateName ? generateName(sent.generateName) : ''),
    ...(namespace !== undefined && { namespace }),
    uid: randomUUID(),
    resourceVersion: '',
    ...(type.hasGeneration && { generation: 1 }),
    creationTimestamp: toTimestamp(state.clock.now()),
  };
  const { name } = metadata;
  const own = withoutEmptyLists({ ...body, kind: type.kind, apiVersion: apiVersionOf(type), metadata });
  const object = admitAndComplete(state, type, rulesOf(type).prepare(own));
  const nameErrors = [missingValue('metadata.name', 'name or generateName is required')];
  const errors =
    name === '' ? nameErrors : [...rulesOf(type).validate(object), ...validateLabels(metadata.labels)];
  if (errors.length > 0) throw invalid(type, name, errors);
  admit(state, type, object);
  return state.store.create(type, object);
}

/** Kubernetes stores no empty lists. */
function withoutEmptyLists<Value>(value: Value): Value {
  const text = JSON.stringify(value, (_, field: unknown) =>
    Array.isArray(field) && field.length === 0 ? undefined : field,
  );
  return JSON.parse(text);
}

export function checkKind(type: ResourceType, body: unknown): void {
  const wanted = apiVersionOf(type);
  if (!isRecord(body)) throw badRequest('the request has no JSON object as its body');
  const { kind, apiVersion } = body;
  // Clients may leave both out.
  if (apiVersion !== undefined && apiVersion !== wanted) {
    throw badRequest(
      `the API version in the data (${asText(apiVersion)}) does not match the expected API version (${wanted})`,
    );
  }
  if (kind !== undefined && kind !== type.kind) {
    const conversion = `converting (v1.${asText(kind)}) to (${type.group.split('.')[0] || 'core'}.${type.kind})`;
    const wrong = `${asText(kind)} in version "${wanted}" cannot be handled as a ${type.kind}`;
    throw badRequest(`${wrong}: ${conversion}: unknown conversion`);
  }
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
