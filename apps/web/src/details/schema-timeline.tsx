import type { SchemaVersionChangesResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './schema-timeline.module.css';
import { ClockTime, Time } from '../ui/time.tsx';
import { formatNoun } from '../ui/format.ts';
import { SchemaChangeChip } from './schema-change-chip.tsx';
import { useWorkspace } from '../workspace/use-workspace.ts';

interface SchemaTimelineProps {
  /** Newest first. */
  versions: readonly SchemaVersionChangesResponse[];
  /** True if the list mixes versions of several pipelines. */
  hasPipelines?: boolean;
}

/** Number of changes shown per version; a link leads to the rest. */
const firstChanges = 12;

/** Schema versions as a timeline: when, introduced by which run, and what changed. */
export function SchemaTimeline({ versions, hasPipelines = false }: SchemaTimelineProps) {
  return (
    <ol className={classes.timeline}>
      {versions.map((each) => (
        <Entry
          key={`${each.pipeline_name} ${each.schema_name} ${each.version_hash}`}
          version={each}
          hasPipelines={hasPipelines}
        />
      ))}
    </ol>
  );
}

function Entry({ version, hasPipelines }: { version: SchemaVersionChangesResponse; hasPipelines: boolean }) {
  const { id: workspaceId } = useWorkspace();
  const { pipeline_name: pipelineName, schema_name: schema, job_run: run } = version;
  const scope = {
    to: '/w/$workspaceId/pipelines/$pipelineName',
    params: { workspaceId, pipelineName },
  } as const;
  const hidden = version.changes_total - Math.min(firstChanges, version.changes.length);
  const isFirst = version.base_hash === null;
  return (
    <li className={classes.entry} data-row>
      <div className={classes.head}>
        <Link {...scope} search={{ tab: 'schema', schema, version: version.version_hash }} data-row-link>
          {hasPipelines && `${pipelineName} `}
          {version.version === null ? version.version_hash.slice(0, 8) : `v${version.version}`}
        </Link>
        <span className="quiet">
          <ClockTime at={version.created_at} />, <Time at={version.created_at} />
        </span>
        {run !== null && (
          <span className="quiet">
            introduced by{' '}
            <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
              {run.job_ref.replace(/^jobs\./, '')} #{run.number}
            </Link>
          </span>
        )}
      </div>
      <div className={classes.changes}>
        {isFirst ? (
          <span className="quiet">
            First version: {formatNoun(version.table_count, 'table')},{' '}
            {formatNoun(version.column_count, 'column')}
          </span>
        ) : (
          version.changes
            .slice(0, firstChanges)
            .map((change) => (
              <SchemaChangeChip key={JSON.stringify(change)} change={change} schemaName={schema} />
            ))
        )}
        {!isFirst && hidden > 0 && (
          <Link
            {...scope}
            search={{
              tab: 'history',
              schema,
              version: version.version_hash,
              base: version.base_hash ?? undefined,
            }}
          >
            {hidden} more
          </Link>
        )}
      </div>
    </li>
  );
}
