import type { PipelineRunOfJobRun } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './run.module.css';
import { formatBytes, formatCount, formatDuration, formatNoun } from '../../ui/format.ts';
import { countTables } from './pipeline-run-details.ts';
import { PipelineRunState } from '../../ui/state.tsx';
import { runPipelines, type RunParams } from './run-queries.ts';
import { SchemaChangeChip } from '../../details/schema-change-chip.tsx';
import { StepBar } from './step-bar.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Maximum pipeline runs shown above the log; the Pipelines tab lists all. */
const shownRuns = 3;

/** Maximum schema changes per pipeline run. */
const shownChanges = 2;

/** Loaded rows and schema changes of each pipeline, one line each, so that users need not search the log. */
export function LoadedLine({ params }: { params: RunParams }) {
  const { data } = useQuery(runPipelines(params));
  const runs = data?.pipeline_runs ?? [];
  if (runs.length === 0) return null;
  return (
    <section className={classes.loaded} aria-label="Loaded">
      {runs.slice(-shownRuns).map((run) => (
        <OnePipeline key={run.id} run={run} />
      ))}
      {runs.length > shownRuns && (
        <Link
          from="/w/$workspaceId/runs/$jobRunId"
          to="."
          search={(before) => ({ ...before, tab: 'pipelines' })}
          resetScroll={false}
        >
          {runs.length - shownRuns} more pipeline runs
        </Link>
      )}
    </section>
  );
}

function OnePipeline({ run }: { run: PipelineRunOfJobRun }) {
  const { id: workspaceId } = useWorkspace();
  const tables = countTables(run);
  const changes = run.schema_changes.flatMap((version) =>
    version.changes.map((change) => ({ change, schemaName: version.schema_name })),
  );
  const changeCount = run.schema_changes.reduce((sum, version) => sum + version.changes_total, 0);
  return (
    <div className={classes.loadedRun}>
      <PipelineRunState status={run.status} compact />
      <Link
        to="/w/$workspaceId/pipelines/$pipelineName"
        params={{ workspaceId, pipelineName: run.pipeline_name }}
        className={classes.pipelineName}
      >
        {run.pipeline_name}
      </Link>
      {run.dataset_name != null && <span className="quiet">→ {run.dataset_name}</span>}
      <span>
        <strong>{formatCount(run.total_rows_loaded)}</strong> rows
      </span>
      <span className="quiet">{formatBytes(run.total_bytes_loaded)}</span>
      <span>
        {tables.failed > 0
          ? `${tables.loaded} of ${tables.loaded + tables.failed} tables`
          : formatNoun(tables.loaded, 'table')}
      </span>
      <StepBar steps={run.steps} />
      {run.duration_ms != null && <span className="number">{formatDuration(run.duration_ms / 1000)}</span>}
      {changes.slice(0, shownChanges).map(({ change, schemaName }, index) => (
        <SchemaChangeChip key={index} change={change} schemaName={schemaName} />
      ))}
      {changeCount > shownChanges && (
        <Link
          from="/w/$workspaceId/runs/$jobRunId"
          to="."
          search={(before) => ({ ...before, tab: 'pipelines' })}
          resetScroll={false}
        >
          {formatCount(changeCount - shownChanges)} more changes
        </Link>
      )}
    </div>
  );
}
