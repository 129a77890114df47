/** Finds settings of a container that the server would not accept. */
import { readConfig } from '@pumphouse/server/config/config.ts';
import { settingNames } from '@pumphouse/server/config/setting-list.ts';
import type { Container } from './objects.ts';

export function findSettingProblems({ env = [] }: Container): string[] {
  const names = env.map(({ name }) => name);
  const unknown = names.filter((name) => name.startsWith('PUMPHOUSE_') && !settingNames.includes(name));
  return [
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `sets ${name} twice`),
    ...unknown.map((name) => `sets ${name}, which is not a setting`),
    ...findInvalidValue(env),
  ];
}

/** Any secret that is long enough for a key. */
const anySecret = 'smtp://mail.example.com/0123456789abcdef?a=b';

/** The address of any pod. */
const anyAddress = 'fd00::5';

function findInvalidValue(env: NonNullable<Container['env']>): string[] {
  const values = env
    // Files exist only in a pod.
    .filter(({ name }) => !name.endsWith('_FILE'))
    .map(({ name, value, valueFrom }) => {
      if (!valueFrom) return [name, value];
      return [name, Object.hasOwn(valueFrom, 'fieldRef') ? anyAddress : anySecret];
    });
  const variables = Object.fromEntries(values) as Record<string, string | undefined>;
  // Its secret is in a file.
  if (variables['PUMPHOUSE_S3_ACCESS_KEY_ID']) variables['PUMPHOUSE_S3_SECRET_ACCESS_KEY'] = anySecret;
  try {
    const { warnings } = readConfig(variables).observability;
    return warnings.map((warning) => `has a setting that the server ignores: ${warning}`);
  } catch (error) {
    return [`has a setting that the server rejects: ${error instanceof Error ? error.message : ''}`];
  }
}
