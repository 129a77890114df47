import { listMissingPrograms, readConfig } from '@pumphouse/server/operator';

/** For set-up and operators: a missing program is no error, since a container engine may do without it. */
export function showMissingPrograms(): void {
  const missing = listMissingPrograms(readConfig());
  process.stdout.write(missing.length === 0 ? 'No program is missing.\n' : `${missing.join('\n')}\n`);
}
