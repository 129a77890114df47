import type { JobDefinition } from '../../../domain/jobs/job-definition.ts';
import { findStructureProblem } from '../../../domain/jobs/definition-structure.ts';

interface VersionRow {
  definition: JobDefinition;
  version: number;
  /** Of a job; a row of `job_versions` has `jobId` instead. */
  jobRef?: string;
  jobId?: string;
}

/** Parses the definition of each row, in place: a workspace can have ten thousand jobs. */
export function parseDefinitions<Row extends VersionRow>(rows: Row[]): Row[] {
  for (const row of rows) parseDefinition(row);
  return rows;
}

/** Awaits rows and parses their definitions. */
export const withDefinitions = async <Row extends VersionRow>(rows: Promise<Row[]>): Promise<Row[]> =>
  parseDefinitions(await rows);

/**
 * Replaces a definition that is not usable by a property that throws. So only the use of this job fails, with
 * an error that names it, and the other jobs of a list stay usable.
 */
function parseDefinition(row: VersionRow): void {
  const problem = findStructureProblem(row.definition);
  if (problem === null) return;
  const job = row.jobRef ?? row.jobId ?? 'without a name';
  const detail = `The stored definition of job ${job}, version ${row.version}, cannot be read: ${problem}`;
  Object.defineProperty(row, 'definition', {
    enumerable: true,
    get: () => {
      throw new Error(detail);
    },
  });
}
