import type { FieldError } from './status-error.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(String.raw`^${label}(\.${label})*$`);
const labelValuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  String.raw`'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
  "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const qualifiedNameText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

export const wrongValue = (field: string, value: unknown, why: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});

export const missingValue = (field: string, why = ''): FieldError => ({
  reason: 'FieldValueRequired',
  field,
  message: `Required value${why === '' ? '' : `: ${why}`}`,
});

/** Names of most objects. */
export function validateSubdomain(field: string, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name.length > 253) errors.push(wrongValue(field, name, 'must be no more than 253 characters'));
  if (!subdomainPattern.test(name)) errors.push(wrongValue(field, name, subdomainText));
  return errors;
}

/** Names of containers, volumes and ports. */
export function validateLabelName(field: string, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name.length > 63) errors.push(wrongValue(field, name, 'must be no more than 63 characters'));
  if (!labelPattern.test(name)) errors.push(wrongValue(field, name, labelText));
  return errors;
}

export function validateLabels(labels: Record<string, string> = {}): FieldError[] {
  const field = 'metadata.labels';
  return Object.entries(labels).flatMap(([key, value]) => {
    const errors = validateQualifiedName(field, key);
    if (value.length > 63) errors.push(wrongValue(field, value, 'must be no more than 63 characters'));
    if (!labelValuePattern.test(value)) errors.push(wrongValue(field, value, labelValueText));
    return errors;
  });
}

function validateQualifiedName(field: string, key: string): FieldError[] {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const errors: FieldError[] = [];
  if (name.length > 63) errors.push(wrongValue(field, key, 'name part must be no more than 63 characters'));
  if (!qualifiedName.test(name) || parts.length > 2) errors.push(wrongValue(field, key, qualifiedNameText));
  return errors;
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** A name from `metadata.generateName`. */
export function generateName(prefix: string): string {
  const letters = Array.from(
    { length: 5 },
    () => suffixLetters[Math.floor(Math.random() * suffixLetters.length)],
  );
  return `${prefix.slice(0, 58)}${letters.join('')}`;
}
