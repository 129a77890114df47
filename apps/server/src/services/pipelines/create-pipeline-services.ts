import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { ReadFreshness } from './read-freshness.ts';
import { createCompareSchemas } from './compare-schemas.ts';
import { createFillDatasetColumns } from './dataset-columns.ts';
import { createReadPipelines } from './read-pipelines.ts';
import { createReadRunPipelines } from './read-run-pipelines.ts';
import { createReadStatistics } from './read-statistics.ts';
import { createReadTable } from './read-table.ts';
import { createSearchData } from './search-data.ts';

interface PipelineDependencies {
  persistence: Persistence;
  readFreshness: ReadFreshness;
  now: () => Date;
  log: Logger;
}

/** Creates the services of what pipelines loaded: runs, tables, statistics, schema changes, the data search. */
export function createPipelineServices({ persistence, readFreshness, now, log }: PipelineDependencies) {
  return {
    readRunPipelines: createReadRunPipelines(persistence),
    readPipelines: createReadPipelines(persistence, readFreshness, now),
    readTable: createReadTable(persistence, readFreshness),
    readStatistics: createReadStatistics(persistence, now),
    compareSchemas: createCompareSchemas({ persistence, log }),
    fillDatasetColumns: createFillDatasetColumns({ persistence, log }),
    searchData: createSearchData(persistence),
  };
}
