import { Link } from '@tanstack/react-router';
import classes from './job.module.css';
import type { PipelineLoads } from './list-loads.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Maximum pipelines in the details; the Lineage tab has all. */
const maxPipelines = 10;

/** Links to the pipelines of a job and to the datasets that each loaded. */
export function JobLoads({ loads }: { loads: readonly PipelineLoads[] }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <span className={classes.triggers}>
      {loads.slice(0, maxPipelines).map(({ pipelineName, datasetNames }) => (
        <span key={pipelineName}>
          <Link to="/w/$workspaceId/pipelines/$pipelineName" params={{ workspaceId, pipelineName }}>
            {pipelineName}
          </Link>
          {datasetNames.slice(0, maxPipelines).map((datasetName, index) => (
            <span key={datasetName}>
              {index === 0 ? ' → ' : ', '}
              <Link to="/w/$workspaceId/datasets/$datasetName" params={{ workspaceId, datasetName }}>
                {datasetName}
              </Link>
            </span>
          ))}
        </span>
      ))}
      {loads.length > maxPipelines && (
        <Link to="." search={(before) => ({ ...before, tab: 'lineage' as const })}>
          and {loads.length - maxPipelines} more
        </Link>
      )}
    </span>
  );
}
