/** Any object of the API. Stored objects are never changed in place: a change stores a new one. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: object;
  status?: object;
  [field: string]: unknown;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** A kind that the server has. */
export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  /** Plural, as in paths: "pods" */
  resource: string;
  kind: string;
  isNamespaced: boolean;
  shortNames: string[];
  /** Subresources with a status of their own, or an action: "status", "log" */
  subresources: string[];
  /** Whether `metadata.generation` counts the changes of its spec. */
  hasGeneration: boolean;
  /** Whether a deletion responds with the object instead of a Status. */
  returnsDeleted: boolean;
}

export const apiVersionOf = ({ group, version }: Pick<ResourceType, 'group' | 'version'>) =>
  group === '' ? version : `${group}/${version}`;

/** The name of a type in messages of Kubernetes: "pods", "networkpolicies.networking.k8s.io" */
export const qualifiedResource = ({ group, resource }: ResourceType) =>
  group === '' ? resource : `${resource}.${group}`;

/** The kind of a type in messages about invalid objects: "Pod", "NetworkPolicy.networking.k8s.io" */
export const qualifiedKind = ({ group, kind }: ResourceType) => (group === '' ? kind : `${kind}.${group}`);
