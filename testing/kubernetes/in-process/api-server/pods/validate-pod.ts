import { missingValue, validateLabelName, validateSubdomain, wrongValue } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type { FieldError } from '../status-error.ts';
import type { Container, EnvironmentVariable, Pod, PodSpec, Volume } from './pod.ts';

/** What is wrong with a new pod. */
export function validatePod({ spec }: Pod): FieldError[] {
  return [
    ...validateVolumes(spec.volumes ?? []),
    ...validateContainers(spec, 'containers'),
    ...validateContainers(spec, 'initContainers'),
    ...validateUniqueNames(spec),
    ...validatePodFields(spec),
  ];
}

function validatePodFields(spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { restartPolicy = '', activeDeadlineSeconds, terminationGracePeriodSeconds = 0 } = spec;
  const policies = ['Always', 'OnFailure', 'Never'];
  if (!policies.includes(restartPolicy)) {
    errors.push(notSupported('spec.restartPolicy', restartPolicy, policies));
  }
  const maxSeconds = 2_147_483_647;
  if (
    activeDeadlineSeconds !== undefined &&
    !(activeDeadlineSeconds >= 1 && activeDeadlineSeconds <= maxSeconds)
  ) {
    const why = 'must be between 1 and 2147483647, inclusive';
    errors.push(wrongValue('spec.activeDeadlineSeconds', activeDeadlineSeconds, why));
  }
  if (terminationGracePeriodSeconds < 0) {
    const why = 'must be greater than or equal to 0';
    errors.push(wrongValue('spec.terminationGracePeriodSeconds', terminationGracePeriodSeconds, why));
  }
  if (spec.serviceAccountName !== undefined)
    errors.push(...validateSubdomain('spec.serviceAccountName', spec.serviceAccountName));
  return errors;
}

function notSupported(field: string, value: string, supported: string[]): FieldError {
  const list = supported.map((one) => `"${one}"`).join(', ');
  const message = `Unsupported value: "${value}": supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

function validateContainers(spec: PodSpec, field: 'containers' | 'initContainers'): FieldError[] {
  const containers = spec[field] ?? [];
  if (field === 'containers' && containers.length === 0) return [missingValue('spec.containers')];
  const volumes = (spec.volumes ?? []).map(({ name }) => name);
  return containers.flatMap((container, index) =>
    validateContainer(container, { path: `spec.${field}[${index}]`, volumes }),
  );
}

function validateContainer(
  { name, image = '', env = [], resources = {}, volumeMounts = [] }: Container,
  { path, volumes }: { path: string; volumes: string[] },
): FieldError[] {
  const errors = !name ? [missingValue(`${path}.name`)] : validateLabelName(`${path}.name`, name);
  if (image === '') errors.push(missingValue(`${path}.image`));
  else if (image !== image.trim()) {
    errors.push(wrongValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
  errors.push(...env.flatMap((variable, index) => validateVariable(variable, `${path}.env[${index}]`)));
  for (const [index, mount] of volumeMounts.entries()) {
    const field = `${path}.volumeMounts[${index}]`;
    if (!volumes.includes(mount.name)) {
      const message = `Not found: "${mount.name}"`;
      errors.push({ reason: 'FieldValueNotFound', field: `${field}.name`, message });
    }
    if (!mount.mountPath) errors.push(missingValue(`${field}.mountPath`));
    const isFirst = volumeMounts.findIndex(({ mountPath }) => mountPath === mount.mountPath) === index;
    if (!isFirst) errors.push(wrongValue(`${field}.mountPath`, mount.mountPath, 'must be unique'));
  }
  return [...errors, ...validateResources(resources, `${path}.resources`)];
}

function validateVariable({ name, value, valueFrom }: EnvironmentVariable, path: string): FieldError[] {
  if (!name) return [missingValue(`${path}.name`)];
  if (value && valueFrom) {
    return [wrongValue(`${path}.valueFrom`, '', 'may not be specified when `value` is not empty')];
  }
  return [];
}

function validateResources(
  { limits = {}, requests = {} }: NonNullable<Container['resources']>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    const [requested, limited] = [parseQuantity(request), limit === undefined ? null : parseQuantity(limit)];
    if (requested !== null && limited !== null && requested > limited) {
      const why = `must be less than or equal to ${name} limit of ${limit}`;
      errors.push(wrongValue(`${path}.requests`, request, why));
    }
  }
  return errors;
}

function validateVolumes(volumes: Volume[]): FieldError[] {
  return volumes.flatMap((volume, index) => {
    const path = `spec.volumes[${index}]`;
    const errors = volume.name
      ? validateLabelName(`${path}.name`, volume.name)
      : [missingValue(`${path}.name`)];
    if (volumes.findIndex(({ name }) => name === volume.name) !== index) {
      errors.push(duplicate(`${path}.name`, volume.name));
    }
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    if (sources.length > 1) {
      const message = 'may not specify more than 1 volume type';
      errors.push({
        reason: 'FieldValueForbidden',
        field: `${path}.${sources[1]}`,
        message: `Forbidden: ${message}`,
      });
    }
    if (volume.secret && !volume.secret.secretName) errors.push(missingValue(`${path}.secret.secretName`));
    return errors;
  });
}

function validateUniqueNames({ containers, initContainers = [] }: PodSpec): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [field, list] of [
    ['containers', containers],
    ['initContainers', initContainers],
  ] as const) {
    for (const [index, { name }] of list.entries()) {
      if (seen.has(name)) errors.push(duplicate(`spec.${field}[${index}].name`, name));
      seen.add(name);
    }
  }
  return errors;
}

const duplicate = (field: string, value: string): FieldError => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: "${value}"`,
});
