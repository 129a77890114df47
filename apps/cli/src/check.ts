import { listMissingPrograms, readConfig } from '@pumphouse/server/operator';

/** For setup and operators. A missing program is not an error, because a container engine may replace it. */
export function showMissingPrograms(): void {
  const missing = listMissingPrograms(readConfig());
  process.stdout.write(missing.length === 0 ? 'No programs are missing.\n' : `${missing.join('\n')}\n`);
}
