import type { Facet, OutputDataset } from './lineage-event.ts';
import type { PipelineRunDetails, PipelineRunTable } from '../telemetry/pipeline-run-details.ts';
import { facetOf } from './lineage-event.ts';

/** The schema version that a pipeline run loaded with. */
export interface LoadedSchema {
  tables: readonly { name: string; columns: readonly { name: string; dataType: string }[] }[];
  /** Tables that this version added, and tables that it changed, if this run reported the version first. */
  addedTables: ReadonlySet<string>;
  changedTables: ReadonlySet<string>;
}

/** By `schemaVersionKey`. */
export type LoadedSchemas = ReadonlyMap<string, LoadedSchema>;

/** User code decides how many tables and columns there are: an event contains the first of them. */
export const outputLimits = { tables: 200, columns: 5000, nameLength: 256 } as const;

/** Identifies a version within a workspace. */
export function schemaVersionKey(pipelineName: string, schemaName: string, versionHash: string): string {
  return JSON.stringify([pipelineName, schemaName, versionHash]);
}

/** Lists the schemas of a pipeline run, each with the version of its last package. */
export function listSchemaVersions({
  loadPackages,
}: PipelineRunDetails): { schemaName: string; versionHash: string }[] {
  const hashes = new Map(
    loadPackages.flatMap(({ schemaName, schemaHash }) =>
      schemaName === null || schemaHash === null ? [] : [[schemaName, schemaHash] as const],
    ),
  );
  return [...hashes].map(([schemaName, versionHash]) => ({ schemaName, versionHash }));
}

/**
 * Lists the tables that a pipeline run loaded, as datasets of the standard.
 * @param context the namespace of the workspace and profile, and the schemas of the run
 */
export function listOutputs(
  facts: PipelineRunDetails,
  { namespace, schemas }: { namespace: string; schemas: LoadedSchemas },
): OutputDataset[] {
  const { datasetName, destinationType, destinationName, pipelineName } = facts;
  if (datasetName === null || destinationType === null) return [];
  const scheme = destinationType.split('.').at(-1) ?? destinationType;
  const source = cutName(`${scheme}://${namespace}/${destinationName ?? scheme}`);
  const versions = new Map(
    listSchemaVersions(facts).map(({ schemaName, versionHash }) => [
      schemaName,
      schemas.get(schemaVersionKey(pipelineName, schemaName, versionHash)),
    ]),
  );
  let columnsLeft: number = outputLimits.columns;
  return facts.tables
    .filter(({ rowsLoaded, loadJobState }) => rowsLoaded !== null || loadJobState !== null)
    .slice(0, outputLimits.tables)
    .map((table) => {
      const schema = versions.get(table.schemaName);
      const fields = listFields(schema, table.tableName).slice(0, columnsLeft);
      columnsLeft -= fields.length;
      return {
        namespace: source,
        name: cutName(`${datasetName}.${table.tableName}`),
        facets: {
          ...(fields.length > 0 && { schema: facetOf('SchemaDatasetFacet', { fields }) }),
          ...lifecycleOf(table, schema),
        },
        outputFacets: statisticsOf(table),
      };
    });
}

function listFields(schema: LoadedSchema | undefined, tableName: string) {
  const columns = schema?.tables.find(({ name }) => name === tableName)?.columns ?? [];
  return columns.map(({ name, dataType }, index) => ({
    name: cutName(name),
    type: cutName(dataType),
    ordinal_position: index + 1,
  }));
}

/** The standard has one state for each event: a new table is not reported as changed too. */
function lifecycleOf(
  { tableName, writeDisposition }: PipelineRunTable,
  schema: LoadedSchema | undefined,
): Record<string, Facet> {
  const lifecycleStateChange = schema?.addedTables.has(tableName)
    ? 'CREATE'
    : schema?.changedTables.has(tableName)
      ? 'ALTER'
      : writeDisposition === 'replace'
        ? 'OVERWRITE'
        : null;
  if (lifecycleStateChange === null) return {};
  return { lifecycleStateChange: facetOf('LifecycleStateChangeDatasetFacet', { lifecycleStateChange }) };
}

function statisticsOf({ rowsLoaded, bytesLoaded }: PipelineRunTable): Record<string, Facet> {
  if (rowsLoaded === null && bytesLoaded === null) return {};
  return {
    outputStatistics: facetOf('OutputStatisticsOutputDatasetFacet', {
      ...(rowsLoaded !== null && { rowCount: rowsLoaded }),
      ...(bytesLoaded !== null && { size: bytesLoaded }),
    }),
  };
}

/** Cuts a name that user code chose. */
export const cutName = (text: string): string => text.slice(0, outputLimits.nameLength).toWellFormed();
