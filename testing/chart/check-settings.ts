/** Finds settings of a container that the server would not accept. */
import { readConfig, settings } from '@pumphouse/server/config/config.ts';
import type { Container } from './objects.ts';

/** Settings of the executor for Kubernetes, which the table of settings does not have yet. */
const coming = [/^PUMPHOUSE_KUBERNETES_/];
const isComing = (name: string) => coming.some((pattern) => pattern.test(name));

export function findSettingProblems({ env = [] }: Container): string[] {
  const names = env.map(({ name }) => name);
  const unknown = names.filter(
    (name) => name.startsWith('PUMPHOUSE_') && !(name in settings) && !isComing(name),
  );
  return [
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `sets ${name} twice`),
    ...unknown.map((name) => `sets ${name}, which is not a setting`),
    ...findInvalidValue(env),
  ];
}

/** Any secret that is long enough for a key. */
const anySecret = 'smtp://mail.example.com/0123456789abcdef';

function findInvalidValue(env: NonNullable<Container['env']>): string[] {
  const values = env
    // Files exist only in a pod.
    .filter(({ name }) => !name.endsWith('_FILE') && !isComing(name))
    .map(({ name, value, valueFrom }) => [name, valueFrom ? anySecret : value]);
  const variables = Object.fromEntries(values) as Record<string, string | undefined>;
  if (variables['PUMPHOUSE_EXECUTOR'] === 'kubernetes') variables['PUMPHOUSE_EXECUTOR'] = 'process';
  // Its secret is in a file.
  if (variables['PUMPHOUSE_S3_ACCESS_KEY_ID']) variables['PUMPHOUSE_S3_SECRET_ACCESS_KEY'] = anySecret;
  try {
    readConfig(variables);
    return [];
  } catch (error) {
    return [`has a setting that the server rejects: ${error instanceof Error ? error.message : ''}`];
  }
}
