import type { DatasetTables, LineageNode } from '../../domain/lineage/lineage-graph.ts';
import type { LineageNodeName } from '../../domain/lineage/lineage-keys.ts';
import type { Store } from '../../store/store.ts';
import { maximumOverviewTables } from '@pumphouse/contract';
import { tableKey } from '../../domain/lineage/lineage-keys.ts';

/** What was last loaded into a table, and when its columns last changed. */
interface LineageTable {
  lastLoadedAt: Date | null;
  rowsLastLoaded: number | null;
  schemaChangedAt: Date | null;
}

/** By the key of the table. */
export type LineageTables = ReadonlyMap<string, LineageTable>;

const maxSchemas = 200;
/** Number of runs of each pipeline among which the last load of a table is searched. */
const runsOfWriter = 5;

/** Creates the reads behind table nodes, which exist only for a few datasets of a request. */
export function createReadLineageTables(
  store: Pick<Store, 'lineage' | 'pipelineOverviews' | 'schemaChanges'>,
) {
  /** Reads the loads of one dataset's tables, the newest of all pipelines that write a table. */
  async function readDataset(workspaceId: string, datasetName: string, tables: readonly TableNode[]) {
    const pipelineNames = [...new Set(tables.flatMap((table) => table.pipelineNames))];
    const [news, changes] = await Promise.all([
      store.pipelineOverviews.listNews(
        workspaceId,
        pipelineNames.map((pipelineName) => ({ pipelineName, datasetName })),
      ),
      store.schemaChanges.listTableChanges(workspaceId, pipelineNames),
    ]);
    const pipelines = news.flatMap(({ pipelineName, lastSuccess }) =>
      lastSuccess ? [{ name: pipelineName, until: lastSuccess.createdAt }] : [],
    );
    const loads = await store.pipelineOverviews.listTableRows(
      workspaceId,
      { pipelines, datasetName },
      { runs: runsOfWriter, tables: maximumOverviewTables },
    );
    return tables.map(({ key, name }) => {
      const newest = loads
        .filter(({ tableName }) => tableName === name)
        .toSorted((a, b) => b.lastLoadedAt.getTime() - a.lastLoadedAt.getTime())[0];
      const changedMs = changes
        .filter(({ tableName }) => tableName === name)
        .map(({ changedAt }) => changedAt.getTime());
      return [
        key,
        {
          lastLoadedAt: newest?.lastLoadedAt ?? null,
          rowsLastLoaded: newest?.rowsLastLoaded ?? null,
          schemaChangedAt: changedMs.length === 0 ? null : new Date(Math.max(...changedMs)),
        },
      ] as const;
    });
  }

  return {
    /** Lists the tables of the expanded datasets, and the table that a request is about. */
    async list(
      workspaceId: string,
      expandedDatasets: readonly string[],
      around: LineageNodeName | null,
    ): Promise<DatasetTables[]> {
      const table = around?.kind === 'table' ? around : null;
      const names = new Set([...expandedDatasets, ...(table ? [table.datasetName] : [])]);
      if (names.size === 0) return [];
      const found = await store.lineage.listTables(workspaceId, [...names], maxSchemas);
      const isShown = (datasetName: string, name: string) =>
        expandedDatasets.includes(datasetName) ||
        (table !== null && tableKey(table.datasetName, table.name) === tableKey(datasetName, name));
      return found.map((each) => ({
        ...each,
        tableNames: each.tableNames.filter((name) => isShown(each.datasetName, name)),
      }));
    },

    async read(workspaceId: string, nodes: readonly LineageNode[]): Promise<LineageTables> {
      const tables = nodes.filter((node) => node.kind === 'table');
      const byDataset = Map.groupBy(tables, ({ datasetName }) => datasetName);
      const read = await Promise.all(
        [...byDataset].map(([datasetName, ofDataset]) => readDataset(workspaceId, datasetName, ofDataset)),
      );
      return new Map(read.flat());
    },
  };
}

type TableNode = Extract<LineageNode, { kind: 'table' }>;
