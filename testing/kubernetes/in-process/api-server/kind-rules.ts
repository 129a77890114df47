import type { KubeObject, ResourceType } from './kube-object.ts';
import { missingValue, validateLabelName, validateSubdomain, wrongValue } from './names.ts';
import { withDefaults } from './pods/default-pod.ts';
import type { Pod } from './pods/pod.ts';
import { validatePodUpdate } from './pods/validate-pod-update.ts';
import { validatePod } from './pods/validate-pod.ts';
import { badRequest, type FieldError } from './status-error.ts';

/** What a kind does beyond what all kinds do. */
interface KindRules {
  /** Fills in defaults. Returns another object. */
  prepare(object: KubeObject): KubeObject;
  validate(object: KubeObject): FieldError[];
  validateUpdate(previous: KubeObject, object: KubeObject): FieldError[];
}

const noRules: KindRules = {
  prepare: (object) => object,
  validate: ({ metadata }) => validateSubdomain('metadata.name', metadata.name),
  validateUpdate: () => [],
};

const rules: Record<string, Partial<KindRules>> = {
  Pod: {
    prepare: (object) => withDefaults(withContainers(object as Pod)),
    validate: (object) => [...noRules.validate(object), ...validatePod(object as Pod)],
    validateUpdate: (previous, object) => validatePodUpdate(previous as Pod, object as Pod),
  },
  Secret: {
    prepare: prepareSecret,
    validate: (object) => [...noRules.validate(object), ...validateSecret(object)],
    validateUpdate: (previous, object) =>
      previous['type'] === object['type'] ? [] : [wrongValue('type', object['type'], 'field is immutable')],
  },
  Service: {
    prepare: prepareService,
    validate: ({ metadata, spec }) => [
      ...validateLabelName('metadata.name', metadata.name),
      ...((spec as ServiceSpec).ports?.length ? [] : [missingValue('spec.ports')]),
    ],
  },
  NetworkPolicy: {
    prepare: (object) => ({ ...object, spec: { podSelector: {}, policyTypes: ['Ingress'], ...object.spec } }),
  },
  Namespace: {
    prepare: (object) => ({ ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }),
    validate: ({ metadata }) => validateLabelName('metadata.name', metadata.name),
  },
  PersistentVolumeClaim: {
    prepare: (object) => ({ ...object, status: { phase: 'Pending', ...object.status } }),
  },
};

export const rulesOf = ({ kind }: ResourceType): KindRules => ({ ...noRules, ...rules[kind] });

/** A pod may come without anything that the rest of the code relies on. */
function withContainers(pod: Pod): Pod {
  const { spec } = pod;
  return { ...pod, spec: { ...spec, containers: spec?.containers ?? [] } };
}

const maxSecretBytes = 1_048_576;

function prepareSecret({ stringData, ...secret }: KubeObject): KubeObject {
  const encoded = Object.entries((stringData ?? {}) as Record<string, string>).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const data = { ...(secret['data'] as object | undefined), ...Object.fromEntries(encoded) } as object;
  for (const value of Object.values(data) as unknown[]) {
    if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
      throw badRequest(
        'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
      );
  }
  return { ...secret, data, type: secret['type'] ?? 'Opaque' };
}

function validateSecret({ data }: KubeObject): FieldError[] {
  const entries = Object.entries((data ?? {}) as Record<string, string>);
  const errors = entries
    .filter(([key]) => !/^[-._a-zA-Z0-9]+$/.test(key))
    .map(([key]) =>
      wrongValue(
        `data[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  " +
          "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ),
    );
  const bytes = entries.reduce((sum, [, value]) => sum + Buffer.from(value, 'base64').length, 0);
  if (bytes > maxSecretBytes) {
    const message = `Too long: may not be more than ${maxSecretBytes} bytes`;
    errors.push({ reason: 'FieldValueInvalid', field: 'data', message });
  }
  return errors;
}

interface ServiceSpec {
  clusterIP?: string;
  type?: string;
  ports?: { port: number; protocol?: string; targetPort?: number | string }[];
}

let lastAddress = 0;

function prepareService(service: KubeObject): KubeObject {
  const spec = (service.spec ?? {}) as ServiceSpec;
  lastAddress += 1;
  const clusterIP =
    spec.clusterIP || `10.96.${Math.floor(lastAddress / 250) % 250}.${(lastAddress % 250) + 1}`;
  return {
    ...service,
    spec: {
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      type: 'ClusterIP',
      ...spec,
      clusterIP,
      clusterIPs: [clusterIP],
      ports: spec.ports?.map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port })),
    },
    status: { loadBalancer: {} },
  };
}
