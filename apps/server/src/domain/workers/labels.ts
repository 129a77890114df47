/** Labels of workers, and the labels that jobs require. Pure. */

export type Labels = Readonly<Record<string, string>>;

const maxLabels = 32;
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;
const maxValueLength = 63;

/** Whether a worker with these labels may run a job that requires those. */
export function matchesLabels(labels: Labels, required: Labels): boolean {
  return Object.entries(required).every(([name, value]) => labels[name] === value);
}

/** Selects the required labels that a worker does not have. */
export function selectMissing(labels: Labels, required: Labels): Labels {
  return Object.fromEntries(Object.entries(required).filter(([name, value]) => labels[name] !== value));
}

/** Explains why labels are invalid; null if they are valid. */
export function findLabelsProblem(labels: unknown): string | null {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    return 'must be an object of texts, such as {"gpu": "a100"}';
  const entries = Object.entries(labels);
  if (entries.length > maxLabels) return `has more than ${maxLabels} labels`;
  for (const [name, value] of entries) {
    if (!namePattern.test(name))
      return `'${name}' must be letters, digits, '.', '_', '/' and '-', 63 at most, and begin and end with a letter or digit`;
    if (typeof value !== 'string' || value.length > maxValueLength)
      return `the value of '${name}' must be a text of at most ${maxValueLength} characters`;
  }
  return null;
}

/** Formats labels for people, sorted by name: `gpu=a100, zone=eu`. */
export function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
