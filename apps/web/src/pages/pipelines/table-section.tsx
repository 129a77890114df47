import type { DatasetOverviewResponse, PipelineOverviewResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './pipelines.module.css';
import table from '../../ui/table.module.css';
import { Empty } from '../../ui/answers.tsx';
import { formatBytes, formatCount, formatLast, formatNoun } from '../../ui/format.ts';
import { orderNested } from '../../data/nested-order.ts';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** A table of a pipeline or a dataset. Only pipelines have cursors. */
type TableOverview = DatasetOverviewResponse['tables'][number] &
  Partial<Pick<PipelineOverviewResponse['tables'][number], 'incremental_columns'>>;

interface TableSectionProps {
  /** Null if it is unknown where the tables are: the pipeline has no stored run. */
  datasetName: string | null;
  tables: readonly TableOverview[];
  /** Number of runs per pipeline that the row counts cover. */
  runCount: number;
  isCut: boolean;
  /** True if the list mixes tables of several pipelines. */
  hasPipelines?: boolean;
}

const names = {
  nameOf: (each: TableOverview) => each.table_name,
  parentOf: (each: TableOverview) => each.parent,
};

/** Tables with their last loads. */
export function TableSection({
  datasetName,
  tables,
  runCount,
  isCut,
  hasPipelines = false,
}: TableSectionProps) {
  const hasSchemas = new Set(tables.map((each) => each.schema_name)).size > 1;
  const shows = { datasetName, hasSchemas, hasPipelines };
  return (
    <Section
      title={isCut ? `First ${formatNoun(tables.length, 'table')}` : formatNoun(tables.length, 'table')}
      aside={
        <span className="quiet">
          Rows of the {formatLast(runCount, 'successful run').toLowerCase()}
          {hasPipelines && ' of each pipeline'}
        </span>
      }
    >
      {tables.length === 0 ? (
        <Empty title="No tables yet">Runs report the schema of the data that they load.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={`${table.table} ${classes.tables}`} aria-label="Tables">
            <thead>
              <tr>
                <th scope="col">Table</th>
                {hasPipelines && <th scope="col">Pipeline</th>}
                {hasSchemas && <th scope="col">Schema</th>}
                <th scope="col" className="number">
                  Last load
                </th>
                <th scope="col" className="number">
                  In {formatNoun(runCount, 'run')}
                </th>
                <th scope="col" className="number">
                  Bytes
                </th>
                <th scope="col">Write mode</th>
                {!hasPipelines && <th scope="col">Cursor</th>}
                <th scope="col" className="number">
                  Columns
                </th>
                <th scope="col">Loaded</th>
                <th scope="col">Changed</th>
              </tr>
            </thead>
            <tbody>
              {orderNested(tables, names).map(({ item, depth }) => (
                <Row
                  key={`${item.pipeline_name} ${item.schema_name} ${item.table_name}`}
                  row={item}
                  depth={depth}
                  {...shows}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

interface RowProps {
  row: TableOverview;
  depth: number;
  datasetName: string | null;
  hasSchemas: boolean;
  hasPipelines: boolean;
}

function Row({ row, depth, datasetName, hasSchemas, hasPipelines }: RowProps) {
  const { id: workspaceId } = useWorkspace();
  const { pipeline_name: pipelineName } = row;
  const scope = {
    to: '/w/$workspaceId/pipelines/$pipelineName',
    params: { workspaceId, pipelineName },
  } as const;
  const schema = { schema: row.schema_name };
  return (
    <tr data-row>
      <td className={classes.nested} style={{ '--depth': depth }}>
        {datasetName === null ? (
          <Link
            {...scope}
            search={{ ...schema, tab: 'schema', table: row.table_name }}
            className={classes.tableName}
            resetScroll={false}
            data-row-link
          >
            {row.table_name}
          </Link>
        ) : (
          <Link
            to="/w/$workspaceId/datasets/$datasetName/tables/$tableName"
            params={{ workspaceId, datasetName, tableName: row.table_name }}
            search={{ pipeline: pipelineName, ...schema }}
            className={classes.tableName}
            data-row-link
          >
            {row.table_name}
          </Link>
        )}
      </td>
      {hasPipelines && <td className={classes.longName}>{pipelineName}</td>}
      {hasSchemas && <td className={`quiet ${classes.longName ?? ''}`}>{row.schema_name}</td>}
      <td className="number" data-label="Last load">
        {row.rows_last_loaded === null ? <span className="quiet">–</span> : formatCount(row.rows_last_loaded)}
      </td>
      <td className="number" data-label="In these runs">
        {formatCount(row.rows_loaded)}
      </td>
      <td className="number" data-label="Bytes">
        {row.bytes_last_loaded === null ? (
          <span className="quiet">–</span>
        ) : (
          formatBytes(row.bytes_last_loaded)
        )}
      </td>
      <td>{row.parent === null ? row.write_disposition : <span className="quiet">nested</span>}</td>
      {!hasPipelines && (
        <td className={`mono ${classes.longName ?? ''}`}>{row.incremental_columns?.join(', ')}</td>
      )}
      <td className="number" data-label="Columns">
        {row.column_count}
      </td>
      <td data-label="Loaded">{row.last_loaded_at !== null && <Time at={row.last_loaded_at} />}</td>
      <td data-label="Changed">
        {row.last_changed_at !== null && (
          <Link {...scope} search={{ ...schema, tab: 'history' }} resetScroll={false}>
            <Time at={row.last_changed_at} />
          </Link>
        )}
      </td>
    </tr>
  );
}
