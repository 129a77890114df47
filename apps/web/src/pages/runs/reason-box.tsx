import type { FailureReasonResponse, JobRunTimelineResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Suspense } from 'react';
import classes from './run.module.css';
import { CodeText } from '../../ui/code-text.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { describeLimits } from './cause/describe-limits.ts';
import { LazyCauseCard } from './cause/lazy-cause-card.ts';
import { TracebackView } from './traceback-view.tsx';
import { useFailureTrace } from './use-failure-trace.ts';
import { runChanges, runResources, type RunParams } from './run-queries.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface ReasonBoxProps {
  params: RunParams;
  reason: FailureReasonResponse;
  /** The failure as Pumphouse recorded it, with the next step. */
  failure: JobRunTimelineResponse['failure'];
}

/** Why a run failed: exception, step, table, source line and traceback. */
export function ReasonBox({ params, reason, failure }: ReasonBoxProps) {
  const { traceback, lineNumber } = useFailureTrace(params, reason);
  const { exception_type: type, message, title } = reason;
  return (
    <section className={classes.reason} aria-label="Failure">
      <header className={classes.reasonHead}>
        <h2 className={classes.reasonTitle} title={type ?? undefined}>
          <span aria-hidden="true">✕ </span>
          {title}
        </h2>
        <ReasonLocation reason={reason} />
        {failure && <FailureLimits params={params} code={failure.code} />}
        <span className={classes.reasonTools}>
          {lineNumber !== null && (
            <Link
              from="/w/$workspaceId/runs/$jobRunId"
              to="."
              search={(before) => ({
                ...before,
                tab: undefined,
                show: undefined,
                line: String(lineNumber),
              })}
              resetScroll={false}
              hash="log"
            >
              View log line {lineNumber}
            </Link>
          )}
          <CopyText text={traceback ?? `${reason.summary}\n${message}`} label="error" />
        </span>
      </header>
      {message !== '' && <pre className={classes.message}>{message}</pre>}
      <Suspense fallback={null}>
        <LazyCauseCard params={params} />
      </Suspense>
      {traceback !== null && <TracebackView text={traceback} mainType={type} />}
      {failure && (
        <p className={classes.nextStep}>
          <strong>Next:</strong> <CodeText text={failure.next_step} />{' '}
          <span className={classes.code}>{failure.code}</span>
        </p>
      )}
    </section>
  );
}

/** What the run used beside the limit that it failed at. */
function FailureLimits({ params, code }: { params: RunParams; code: string }) {
  const { data: resources } = useQuery(runResources(params));
  const { data: changes } = useQuery(runChanges(params, undefined));
  const text = describeLimits({ code, resources, changes });
  return text === null ? null : <span>{text}</span>;
}

function ReasonLocation({ reason }: { reason: FailureReasonResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { step, pipeline_name: pipelineName, table, location } = reason;
  return (
    <span className={classes.reasonLocation}>
      {step !== null && (
        <span>
          step <strong>{step}</strong>
        </span>
      )}
      {pipelineName !== null && (
        <span>
          pipeline{' '}
          <Link to="/w/$workspaceId/pipelines/$pipelineName" params={{ workspaceId, pipelineName }}>
            {pipelineName}
          </Link>
        </span>
      )}
      {table !== null && (
        <span>
          table <strong>{table}</strong>
        </span>
      )}
      {location !== null && (
        <span className="mono">
          {location.file}:{location.line}
          {location.function !== null && ` in ${location.function}`}
        </span>
      )}
    </span>
  );
}
