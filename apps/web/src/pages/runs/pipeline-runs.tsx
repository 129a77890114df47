import { useQuery } from '@tanstack/react-query';
import { Empty, ErrorNotice, LoadingRows } from '../../look/answers.tsx';
import { PipelineRunCard } from './pipeline-run-card.tsx';
import { runPipelines, type RunParams } from './run-queries.ts';

/** Every `pipeline.run()` of the run, as dlt reported it. */
export function PipelineRuns({ params, isActive }: { params: RunParams; isActive: boolean }) {
  const { data, error, refetch } = useQuery(runPipelines(params));
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <LoadingRows count={8} />;
  if (data.pipeline_runs.length === 0) {
    return (
      <Empty title={isActive ? 'No pipeline has run yet' : 'No pipeline ran'}>
        dlt reports a pipeline run when it ends, without any code of yours. A job that runs no dlt pipeline
        has none.
      </Empty>
    );
  }
  const attemptCount = Math.max(...data.pipeline_runs.map((run) => run.attempt_number));
  return (
    <>
      {data.is_cut && (
        <p className="quiet">
          These are the first {data.pipeline_runs.length} pipeline runs; there were more.
        </p>
      )}
      {data.pipeline_runs.map((run) => (
        <PipelineRunCard key={run.id} run={run} hasAttempts={attemptCount > 1} />
      ))}
    </>
  );
}
