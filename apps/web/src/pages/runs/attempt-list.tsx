import type { JobRunTimelineResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import classes from './run.module.css';
import { describeExit } from './attempt-exit.ts';
import { CodeText } from '../../ui/code-text.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { DetailList } from '../../ui/page.tsx';
import { formatBytes, formatDuration } from '../../ui/format.ts';
import { ClockTime } from '../../ui/time.tsx';
import { runTimeline, type RunParams } from './run-queries.ts';

type Attempt = JobRunTimelineResponse['attempts'][number];

/** Attempts of the run: executor, times, exit and failure. */
export default function AttemptList({ params }: { params: RunParams }) {
  const { data: timeline, error, refetch } = useQuery(runTimeline(params));
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (timeline === undefined) return <LoadingRows count={4} />;
  if (timeline.attempts.length === 0) {
    return <Empty title="No attempts">No server has claimed this run.</Empty>;
  }
  return timeline.attempts.toReversed().map((attempt) => <AttemptCard key={attempt.id} attempt={attempt} />);
}

function AttemptCard({ attempt }: { attempt: Attempt }) {
  const { exit, failure } = attempt;
  const exitText = describeExit(exit);
  return (
    <section className={classes.card} aria-label={`Attempt ${attempt.number}`}>
      <header className={classes.cardHead}>
        <h2 className={classes.cardTitle}>Attempt {attempt.number}</h2>
        <span className={failure ? classes.failedWord : 'quiet'}>
          {failure
            ? `✕ ${attempt.reason?.summary ?? failure.detail}`
            : attempt.finished_at === null
              ? 'running'
              : '✓ succeeded'}
        </span>
      </header>
      <DetailList
        items={[
          ['Executor', attempt.executor],
          ['Created', <ClockTime key="made" at={attempt.created_at} />],
          [
            'Code started',
            attempt.started_at === null ? '–' : <ClockTime key="start" at={attempt.started_at} />,
          ],
          ['Ended', attempt.finished_at === null ? '–' : <ClockTime key="end" at={attempt.finished_at} />],
          ['Duration', describeDuration(attempt)],
          ['Exit', exitText],
          ['Peak memory', exit?.peak_memory_bytes == null ? '–' : formatBytes(exit.peak_memory_bytes)],
        ]}
      />
      {failure && (
        <p className={classes.nextStep}>
          <strong>Next:</strong> <CodeText text={failure.next_step} />{' '}
          <span className={classes.code}>{failure.code}</span>
        </p>
      )}
    </section>
  );
}

function describeDuration({ started_at: startedAt, finished_at: finishedAt }: Attempt): string {
  if (startedAt === null || finishedAt === null) return '–';
  return formatDuration((new Date(finishedAt).getTime() - new Date(startedAt).getTime()) / 1000);
}
