import type { TableOverviewResponse, TableWriter } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import classes from '../pipelines.module.css';
import { chooseWriter, describeWriteMode, nameWriter } from './table-rows.ts';
import { ColumnSection } from './column-section.tsx';
import { FreshnessState } from '../../../details/freshness-state.tsx';
import { LoadChart, LoadSection } from './load-section.tsx';
import { LoadingRows } from '../../../ui/answers.tsx';
import { OpenData } from '../../apps/open-data.tsx';
import { Page } from '../../../ui/page.tsx';
import { SchemaChoice } from '../schema/schema-choice.tsx';
import { tableKey, tableOverview } from './table-queries.ts';
import { TableJobs } from './table-jobs.tsx';
import { TableVersions } from './table-versions.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

const LineageView = lazy(() => import('../../lineage/lineage-view.tsx'));
const route = '/signed-in/w/$workspaceId/datasets/$datasetName/tables/$tableName';

/** Table page: rows per load, columns with the run that added each, and the jobs before and after it. */
export function TablePage() {
  const { id: workspaceId } = useWorkspace();
  const { datasetName, tableName } = useParams({ from: route });
  const search = useSearch({ from: route });
  const { data: overview } = useSuspenseQuery(tableOverview({ workspaceId, datasetName, tableName }));
  const writer = chooseWriter(overview.writers, search);
  return (
    <Page
      title={tableName}
      lead={<Lead overview={overview} writer={writer} />}
      actions={
        <>
          <WriterChoice overview={overview} writer={writer} />
          {writer && <OpenData data={toShownData(overview, writer)} />}
        </>
      }
    >
      <LoadChart overview={overview} />
      {writer && <ColumnSection writer={writer} />}
      <LoadSection overview={overview} />
      <TableJobs overview={overview} />
      {writer && <TableVersions writer={writer} />}
      <Suspense fallback={<LoadingRows />}>
        <LineageView around={tableKey({ datasetName, tableName })} />
      </Suspense>
    </Page>
  );
}

const toShownData = (
  { dataset_name: datasetName, table_name: tableName, destinations }: TableOverviewResponse,
  { pipeline_name: pipelineName }: TableWriter,
) => ({ pipelineName, datasetName, tableName, destinationName: destinations[0]?.name ?? null });

interface OfWriterProps {
  overview: TableOverviewResponse;
  writer: TableWriter | undefined;
}

/** Where the table is, its freshness, and how it is written. */
function Lead({ overview, writer }: OfWriterProps) {
  const { id: workspaceId } = useWorkspace();
  const { dataset_name: datasetName, destinations } = overview;
  const scope = { workspaceId, datasetName };
  return (
    <span className={classes.lead}>
      <span>
        in{' '}
        <Link to="/w/$workspaceId/datasets/$datasetName" params={scope}>
          {datasetName}
        </Link>{' '}
        on {destinations.map(({ name }) => name).join(', ') || 'an unknown destination'}
      </span>
      {writer && (
        <>
          <FreshnessState freshness={writer.freshness} />
          <span>Write mode: {describeWriteMode(writer)}</span>
          <span>
            Pipeline{' '}
            <Link
              to="/w/$workspaceId/pipelines/$pipelineName"
              params={{ workspaceId, pipelineName: writer.pipeline_name }}
              search={{ tab: 'schema', schema: writer.schema_name, table: overview.table_name }}
            >
              {nameWriter(writer)}
            </Link>
          </span>
          {writer.parent !== null && (
            <span>
              Nested in{' '}
              <Link
                to="/w/$workspaceId/datasets/$datasetName/tables/$tableName"
                params={{ ...scope, tableName: writer.parent }}
              >
                {writer.parent}
              </Link>
            </span>
          )}
          {writer.table_format !== null && <span>Format: {writer.table_format}</span>}
          {writer.description !== null && <span>{writer.description}</span>}
        </>
      )}
    </span>
  );
}

/** Selects a schema if several have the table. */
function WriterChoice({ overview: { writers }, writer }: OfWriterProps) {
  const navigate = useNavigate({ from: '/w/$workspaceId/datasets/$datasetName/tables/$tableName' });
  if (!writer) return null;
  const choose = (name: string) => {
    const chosen = writers.find((each) => nameWriter(each) === name);
    if (!chosen) return;
    const { pipeline_name: pipeline, schema_name: schema } = chosen;
    void navigate({ search: (before) => ({ ...before, pipeline, schema }), replace: true });
  };
  return <SchemaChoice names={writers.map(nameWriter)} name={nameWriter(writer)} onChoose={choose} />;
}
