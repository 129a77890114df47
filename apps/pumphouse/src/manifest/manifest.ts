import { createHash } from 'node:crypto';
import type { JsonObject } from '@pumphouse/contract';

/** The jobs of a module, as dlt's manifest worker prints them. */
export interface Manifest {
  engine_version: number;
  deployment_module: string;
  jobs: JsonObject[];
  description?: string | undefined;
}

/** A manifest, and what dlt warns about. */
export interface BuiltManifest {
  manifest: Manifest;
  warnings: string[];
}

/** The module whose jobs are the workspace's: what it no longer has is archived. */
export const deploymentModule = '__deployment__';

/** A hash of all definitions, base64. The server stores it as an opaque text. */
export function hashManifest({ engine_version, jobs, deployment_module, description }: Manifest): string {
  const content = { deployment_module, description: description ?? null, engine_version, jobs };
  return createHash('sha3-256')
    .update(JSON.stringify(sortKeys(content)))
    .digest('base64');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sortKeys(each)] as const);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
