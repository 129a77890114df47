import { useQuery } from '@tanstack/react-query';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { listResults, PipelineResultCard } from './pipeline-result-card.tsx';
import { PipelineRunCard } from './pipeline-run-card.tsx';
import { runPipelines, type RunParams } from './run-queries.ts';

/** The results of the job run by pipeline, then all pipeline runs as reported by dlt. */
export default function PipelineRuns({ params, isActive }: { params: RunParams; isActive: boolean }) {
  const { data, error, refetch } = useQuery(runPipelines(params));
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <LoadingRows count={8} />;
  const results = listResults(data.pipeline_results);
  if (data.pipeline_runs.length === 0 && results.length === 0) {
    return (
      <Empty title={isActive ? 'No pipeline runs yet' : 'No pipeline runs'}>
        dlt reports a pipeline run automatically when it ends. Jobs without a dlt pipeline have none.
      </Empty>
    );
  }
  const attemptCount = Math.max(...[...data.pipeline_runs, ...results].map((each) => each.attempt_number));
  return (
    <>
      {results.map((result) => (
        <PipelineResultCard
          key={`${result.attempt_number} ${result.pipeline_name}`}
          result={result}
          hasAttempts={attemptCount > 1}
        />
      ))}
      {data.is_cut && <p className="quiet">Showing the first {data.pipeline_runs.length} pipeline runs.</p>}
      {data.pipeline_runs.map((run) => (
        <PipelineRunCard key={run.id} run={run} hasAttempts={attemptCount > 1} />
      ))}
    </>
  );
}
