/**
 * Builds a select list that names columns in camel case.
 * @example columns('jobs', ['id', 'job_ref']) // jobs.id as "id", jobs.job_ref as "jobRef"
 */
export function columns(table: string, names: readonly string[]): string {
  return names.map((name) => `${table}.${name} as "${camelCase(name)}"`).join(', ');
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
