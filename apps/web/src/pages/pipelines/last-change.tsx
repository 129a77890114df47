import { Link } from '@tanstack/react-router';
import type { PipelineRow } from './pipeline-rows.ts';
import classes from './pipelines.module.css';
import { SchemaChangeChip } from '../../facts/schema-change-chip.tsx';
import { Time } from '../../look/time.tsx';

/** What last changed in the schemas of a pipeline, with the way to the history. A schema that has never changed since says only its size. */
export function LastChange({ workspaceId, row }: { workspaceId: string; row: PipelineRow }) {
  const { lastChange, pipeline_name: pipelineName } = row;
  if (!lastChange) return null;
  const [first] = lastChange.changes;
  const others = lastChange.changes_total - 1;
  return (
    <Link
      to="/w/$workspaceId/pipelines/$pipelineName"
      params={{ workspaceId, pipelineName }}
      search={{ tab: 'history', schema: lastChange.schema_name }}
      className={classes.oneLine}
      aria-label={`Schema history of ${pipelineName}`}
    >
      {lastChange.base_hash === null || !first ? (
        <span className="quiet">
          {lastChange.table_count} tables, unchanged since <Time at={lastChange.created_at} />
        </span>
      ) : (
        <>
          <SchemaChangeChip change={first} schemaName={lastChange.schema_name} />
          {others > 0 && <span className="quiet"> +{others}</span>}{' '}
          <span className="quiet">
            <Time at={lastChange.created_at} />
          </span>
        </>
      )}
    </Link>
  );
}
