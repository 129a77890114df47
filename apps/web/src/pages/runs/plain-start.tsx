import { useQuery } from '@tanstack/react-query';
import { runTimeline, type RunParams } from './run-queries.ts';

/** Why the code of a run started with nothing imported ahead, and so more slowly. */
export function PlainStart({ params }: { params: RunParams }) {
  const { data } = useQuery(runTimeline(params));
  const reason = data?.attempts.at(-1)?.plain_start ?? null;
  if (reason === null) return null;
  return (
    <p className="quiet">
      Starts plainly because of <span className="mono">{reason}</span>. The log of the run explains it.
    </p>
  );
}
