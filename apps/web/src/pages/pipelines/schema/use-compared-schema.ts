import { skipToken, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { mergeSchemas } from './merged-schema.ts';
import { schemaDifference, schemaVersion, type SchemaScope } from '../../../data/data-queries.ts';

/**
 * Loads a schema version and its changes since another version.
 * @param baseHash undefined for the previous version, if there is one
 */
export function useComparedSchema(scope: SchemaScope, versionHash: string, baseHash: string | undefined) {
  const version = useQuery(schemaVersion(scope, versionHash));
  const known = baseHash ?? version.data?.base_hash ?? null;
  const base = useQuery(optional(schemaVersion(scope, known ?? ''), known !== null));
  const difference = useQuery(optional(schemaDifference(scope, versionHash, known ?? ''), known !== null));
  const tables = useMemo(
    () => version.data && mergeSchemas(version.data, base.data ?? null, difference.data?.changes ?? []),
    [version.data, base.data, difference.data],
  );
  const isPending = version.isPending || (known !== null && (base.isPending || difference.isPending));
  return {
    version: version.data,
    base: base.data,
    difference: difference.data,
    tables: isPending ? undefined : tables,
    error: version.error ?? base.error ?? difference.error,
  };
}

function optional<Options extends object>(options: Options, isAsked: boolean): Options {
  return isAsked ? options : { ...options, queryFn: skipToken };
}
