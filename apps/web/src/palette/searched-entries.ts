import type { FoundDataName, JobOverviewResponse, RunOverviewResponse } from '@pumphouse/contract';
import { goTo, toDatasetEntry, type PaletteEntry } from './palette-entry.ts';
import { shortenJobName } from '../details/job-name.ts';

/** The number of a run in the input, and the part of a job's name before it. */
export interface TypedRun {
  number: number;
  /** In lower case; empty without a name. */
  name: string;
}

/** Largest number of a run. */
const maxNumber = 2_147_483_647;

/** Reads `#90`, `90` or `stripe_payments #90`; null for other input. */
export function readRunNumber(typed: string): TypedRun | null {
  const [, name = '', digits] = /^(?:(.*?\S)\s+#?|#)?(\d{1,10})$/.exec(typed.trim().toLowerCase()) ?? [];
  const number = Number(digits);
  return digits === undefined || number > maxNumber ? null : { number, name };
}

/** The job of a typed run if only one job has this name, so that the search is exact; otherwise undefined. */
export function findTypedJob(
  jobs: readonly Pick<JobOverviewResponse, 'id' | 'name' | 'ref'>[],
  { name }: TypedRun,
): string | undefined {
  if (name === '') return undefined;
  const named = jobs.filter((job) => hasName(job, name));
  const equal = named.filter((job) => shortenJobName(job.name).toLowerCase() === name);
  return (equal.length === 1 ? equal : named.length === 1 ? named : [])[0]?.id;
}

const hasName = ({ name, ref }: { name: string; ref: string }, part: string) =>
  name.toLowerCase().includes(part) || ref.toLowerCase().includes(part);

/** Entries of runs with the typed number. */
export function listRunEntries(
  runs: readonly Pick<RunOverviewResponse, 'id' | 'number' | 'status' | 'job_name' | 'job_ref'>[],
  { number, name }: TypedRun,
  workspaceId: string,
): PaletteEntry[] {
  return runs
    .filter((run) => run.number === number && hasName({ name: run.job_name, ref: run.job_ref }, name))
    .map((run) =>
      goTo(
        `run ${run.id}`,
        {
          group: 'Runs',
          text: `${shortenJobName(run.job_name)} #${run.number}`,
          aside: run.status,
          keywords: `${run.number}`,
        },
        { to: '/w/$workspaceId/runs/$jobRunId', params: { workspaceId, jobRunId: run.id } },
      ),
    );
}

/** Entries of datasets, tables and columns that the server found. */
export function listDataEntries(names: readonly FoundDataName[], workspaceId: string): PaletteEntry[] {
  return names.map((each) => {
    const {
      dataset_name: datasetName,
      table_name: tableName,
      column_name: column,
      pipeline_name: pipeline,
    } = each;
    if (tableName === null) return toDatasetEntry(workspaceId, datasetName);
    const params = { workspaceId, datasetName, tableName };
    const to = '/w/$workspaceId/datasets/$datasetName/tables/$tableName';
    const id = JSON.stringify([datasetName, tableName, column]);
    // The server splits words at dots too, so the whole name in dots finds the entry.
    const keywords = [datasetName, tableName, column].filter((name) => name !== null).join('.');
    return column === null
      ? goTo(
          `table ${id}`,
          { group: 'Tables', text: tableName, aside: datasetName, keywords },
          { to, params },
        )
      : goTo(
          `column ${id}`,
          { group: 'Columns', text: column, aside: `${datasetName}.${tableName}`, keywords },
          { to, params, search: { pipeline, column } },
        );
  });
}
