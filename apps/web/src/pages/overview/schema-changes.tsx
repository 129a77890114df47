import type { SchemaVersionChangesResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import classes from './overview.module.css';
import type { overviewQueries } from './overview-queries.ts';
import { Empty, ErrorNotice } from '../../ui/answers.tsx';
import { formatCount } from '../../ui/format.ts';
import { SchemaChangeChip } from '../../details/schema-change-chip.tsx';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** Maximum changes shown per version; the pipeline page has the rest. */
const maxShown = 3;

/** Recent schema changes with the runs that introduced them. */
export function SchemaChanges({ query }: { query: ReturnType<typeof overviewQueries>['changes'] }) {
  const { data, error } = useQuery(query);
  return (
    <Section title="Schema changes">
      {error && <ErrorNotice error={error} />}
      {data?.items.length === 0 && (
        <Empty title="No schema changes yet">
          The first load of a pipeline creates its schema. Later changes appear here.
        </Empty>
      )}
      <ul className={classes.rows}>
        {data?.items.map((version) => (
          <VersionRow key={version.version_hash + version.pipeline_name} version={version} />
        ))}
      </ul>
    </Section>
  );
}

function VersionRow({ version }: { version: SchemaVersionChangesResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { pipeline_name: pipelineName, schema_name: schema, job_run: run, changes } = version;
  const more = version.changes_total - Math.min(maxShown, changes.length);
  return (
    <li className={classes.version} data-row>
      <div className={classes.chips}>
        {changes.slice(0, maxShown).map((change, index) => (
          <SchemaChangeChip key={index} change={change} schemaName={schema} />
        ))}
        {more > 0 && <span className="quiet">and {formatCount(more)} more</span>}
      </div>
      <div className={`quiet ${classes.versionWhere}`}>
        <Link
          to="/w/$workspaceId/pipelines/$pipelineName"
          params={{ workspaceId, pipelineName }}
          search={{ tab: 'history', schema }}
          data-row-link
        >
          {pipelineName}
        </Link>{' '}
        {run !== null && (
          <>
            in{' '}
            <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
              {shortenJobName(run.job_ref)} #{run.number}
            </Link>
            ,{' '}
          </>
        )}
        <Time at={version.created_at} />
      </div>
    </li>
  );
}
