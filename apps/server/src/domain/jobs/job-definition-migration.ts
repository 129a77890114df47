import { isPlainObject } from '../primitives/plain-object.ts';

/** The engine version of job definitions that the rest of the server expects. */
export const JOB_ENGINE_VERSION = 2;

/**
 * Migrates a job definition from engine version 1 to 2 by the rules of dlt 1.31: `refresh` became
 * `refresh_propagation`, `allow_external_schedulers` became `incremental_mode`, `require.machine` became
 * `require.instance.size`. Other versions, and values that are not objects, are returned unchanged.
 */
export function migrateJobDefinition(input: unknown): unknown {
  if (!isPlainObject(input) || input['engine_version'] !== 1) return input;
  const { refresh, allow_external_schedulers: external, require, ...rest } = input;
  const migrated: Record<string, unknown> = { ...rest, engine_version: JOB_ENGINE_VERSION };
  if (require !== undefined) migrated['require'] = migrateRequire(require);
  // `auto` is the default, and version 2 omits it.
  if (refresh !== undefined && refresh !== 'auto') migrated['refresh_propagation'] ??= refresh;
  if (typeof external === 'boolean') migrated['incremental_mode'] ??= external ? 'interval' : 'pipeline';
  return migrated;
}

function migrateRequire(input: unknown): unknown {
  if (!isPlainObject(input) || input['machine'] === undefined) return input;
  const { machine, instance, ...rest } = input;
  return { ...rest, instance: { size: machine, ...(isPlainObject(instance) ? instance : {}) } };
}
