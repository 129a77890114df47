import { freshnessLabels } from '@pumphouse/contract';
import type { PipelineRow } from './pipeline-rows.ts';
import { Link } from '@tanstack/react-router';
import board from './freshness-board.module.css';
import classes from './pipelines.module.css';
import { groupByState, type BoardGroup, type BoardRow } from './board-groups.ts';
import { formatDuration } from '../../ui/format.ts';
import { LastRun } from './last-run.tsx';
import { useNow } from '../../ui/time.tsx';

interface FreshnessBoardProps {
  workspaceId: string;
  rows: readonly PipelineRow[];
}

/** Pipelines in groups by the state of their data. */
export function FreshnessBoard({ workspaceId, rows }: FreshnessBoardProps) {
  const groups = groupByState(rows, new Date(useNow(30)));
  return (
    <div className={board.groups} style={{ '--groups': groups.length }}>
      {groups.map((group) => (
        <Group key={group.state} group={group} workspaceId={workspaceId} />
      ))}
    </div>
  );
}

interface GroupProps {
  workspaceId: string;
  group: BoardGroup<PipelineRow>;
}

function Group({ workspaceId, group: { state, rows } }: GroupProps) {
  const { word, meaning } = freshnessLabels[state];
  return (
    <section className={board.group} data-group={state} aria-label={`${word}: ${rows.length}`}>
      <h2 className={board.head} title={meaning}>
        {word} <span className={board.count}>{rows.length}</span>
      </h2>
      {rows.length === 0 ? (
        <p className={`quiet ${board.none}`}>None</p>
      ) : (
        <ul className={board.rows}>
          {rows.map(({ row, share }) => (
            <li key={row.pipeline_name} data-row className={board.row}>
              <Link
                to="/w/$workspaceId/pipelines/$pipelineName"
                params={{ workspaceId, pipelineName: row.pipeline_name }}
                className={classes.name}
                data-row-link
              >
                {row.pipeline_name}
              </Link>
              <Age row={row} share={share} />
              <LastRun run={row.last_run} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The age of the data against the expected interval. */
function Age({ row: { freshness }, share }: BoardRow<PipelineRow>) {
  const { age_seconds: age, expected_every_seconds: expected, detail } = freshness;
  if (age === null) return <span className="quiet">{detail}</span>;
  if (expected === null || share === null)
    return (
      <span className="quiet" title={detail}>
        {formatDuration(age)} old, no schedule
      </span>
    );
  return (
    <span className={board.age} title={detail}>
      <span className={board.track} aria-hidden="true">
        <span style={{ width: `${Math.min(1, share) * 100}%` }} />
      </span>
      {formatDuration(age)} old, expected every {formatDuration(expected)}
    </span>
  );
}
