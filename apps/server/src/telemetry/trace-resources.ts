/** Reads the resources that a trace extracted from, and their write dispositions. */
import { isPlainObject } from '../domain/primitives/plain-object.ts';
import type { PipelineRunResource } from './pipeline-run-details.ts';
import type { TracePackage } from './trace-packages.ts';
import { isDltName } from './trace-packages.ts';
import type { TraceStep } from './trace-steps.ts';
import { addCounts, readCount, readField, readName, readRecords } from './tolerant-json.ts';
import type { JsonRecord } from './tolerant-json.ts';

const MAX_RESOURCES = 5000;

/** Returns the hint as text: dlt sends a string, or `{disposition: 'merge', strategy: ...}`. */
export function readWriteDisposition(raw: JsonRecord): string | null {
  const hint = readField(raw, 'write_disposition');
  return isPlainObject(hint) ? readName(hint, 'disposition') : readName(raw, 'write_disposition');
}

/**
 * Lists the resources of the extract step without dlt's own, in trace order; at most 5000. A selected
 * resource without metrics, after a failed extract, is listed with unknown counts.
 */
export function describeResources(
  steps: TraceStep[],
  packages: Map<string, TracePackage>,
): PipelineRunResource[] {
  const resources = new Map<string, PipelineRunResource>();
  const find = (raw: JsonRecord) => findResource(resources, packages, raw);
  for (const step of steps) {
    if (step.name !== 'extract') continue;
    for (const raw of readRecords(step.info, 'resource_metrics')) {
      const resource = find(raw);
      if (!resource) continue;
      resource.rowsExtracted = addCounts(resource.rowsExtracted ?? 0, readCount(raw, 'items_count'));
      resource.bytesExtracted = addCounts(resource.bytesExtracted ?? 0, readCount(raw, 'file_size'));
    }
    for (const raw of readRecords(step.info, 'dag')) {
      const resource = find(raw);
      const parent = readName(raw, 'parent_name');
      if (resource && parent !== resource.resourceName) resource.parentResourceName = parent;
    }
    for (const raw of readRecords(step.info, 'hints')) {
      const resource = find(raw);
      if (resource) resource.writeDisposition = readWriteDisposition(raw) ?? resource.writeDisposition;
    }
  }
  return [...resources.values()];
}

function findResource(
  resources: Map<string, PipelineRunResource>,
  packages: Map<string, TracePackage>,
  raw: JsonRecord,
): PipelineRunResource | undefined {
  const resourceName = readName(raw, 'resource_name');
  if (resourceName === null || isDltName(resourceName)) return undefined;
  const schemaName = packages.get(readName(raw, 'load_id') ?? '')?.schemaName ?? '';
  const key = `${schemaName}\n${resourceName}`;
  const found = resources.get(key);
  if (found || resources.size >= MAX_RESOURCES) return found;
  const added: PipelineRunResource = {
    resourceName,
    schemaName,
    rowsExtracted: null,
    bytesExtracted: null,
    parentResourceName: null,
    writeDisposition: null,
  };
  resources.set(key, added);
  return added;
}
