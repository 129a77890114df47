/** Finds variables that look like settings of Pumphouse but are not. */
import { findNearestName } from '../domain/primitives/nearest-name.ts';

/** Read by the compose file, by the command of users, by the bootstrap of a run, or by tests. */
const otherNames = new Set([
  'PUMPHOUSE_APPS_PUBLISH',
  'PUMPHOUSE_ATTEMPTS_PUBLISH',
  'PUMPHOUSE_ATTEMPT_ID',
  'PUMPHOUSE_ENGINE_CERTIFICATES',
  'PUMPHOUSE_ENGINE_GID',
  'PUMPHOUSE_ENGINE_SOCKET',
  'PUMPHOUSE_IMAGE',
  'PUMPHOUSE_LOGIN_DIR',
  'PUMPHOUSE_NETWORK',
  'PUMPHOUSE_POSTGRES_IMAGE',
  'PUMPHOUSE_PROPERTY_SEED',
  'PUMPHOUSE_PUBLISH',
]);
/** Names the settings file; it is not a setting itself. */
const settingsFile = 'PUMPHOUSE_CONFIG';
/** Variables of tests, and those that Kubernetes sets for a Service named pumphouse. */
const otherPatterns = [/^PUMPHOUSE_TEST_/, /^PUMPHOUSE_SERVICE_(HOST|PORT)/, /^PUMPHOUSE_PORT_\d+_(TCP|UDP)/];

/**
 * Warns of each variable that is not a setting, with the setting that it most likely means. The server starts
 * nevertheless: a setting that a newer version has dropped must not prevent its start. Values are never
 * shown.
 */
export function warnOfUnknownSettings(
  variables: Record<string, string | undefined>,
  settingNames: readonly string[],
): string[] {
  return Object.keys(variables)
    .filter((name) => /^PUMPHOUSE_/i.test(name) && !settingNames.includes(name) && !isRead(name))
    .toSorted()
    .map((name) => {
      const nearest = findNearestName(name, [...settingNames, settingsFile]);
      const advice = nearest
        ? `Did you mean ${nearest}?`
        : 'All settings are listed in docs/operate/settings.md.';
      return `${name} is not a setting of Pumphouse and is ignored. ${advice}`;
    });
}

function isRead(name: string): boolean {
  return name === settingsFile || otherNames.has(name) || otherPatterns.some((pattern) => pattern.test(name));
}
