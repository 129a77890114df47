import type { TableVersion, TableWriter } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from '../../../details/schema-timeline.module.css';
import { ClockTime, Time } from '../../../ui/time.tsx';
import { nameVersion } from '../schema/version-texts.ts';
import { RunLink } from './run-link.tsx';
import { SchemaChangeChip } from '../../../details/schema-change-chip.tsx';
import { Section } from '../../../ui/page.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

/** Number of changes shown per version; a link leads to the rest. */
const firstChanges = 20;

/** The schema versions that changed the table, newest first. */
export function TableVersions({ writer }: { writer: TableWriter }) {
  return (
    <Section
      title="Schema changes"
      aside={
        writer.are_versions_cut && <span className="quiet">Older or smaller changes may be missing</span>
      }
    >
      <ol className={classes.timeline}>
        {writer.versions.map((version) => (
          <Entry key={version.version_hash} version={version} writer={writer} />
        ))}
      </ol>
    </Section>
  );
}

function Entry({ version, writer }: { version: TableVersion; writer: TableWriter }) {
  const { id: workspaceId } = useWorkspace();
  const { pipeline_name: pipelineName, schema_name: schema } = writer;
  const { version_hash: hash, base_hash: base, changes_total: total, job_run: run } = version;
  const scope = {
    to: '/w/$workspaceId/pipelines/$pipelineName',
    params: { workspaceId, pipelineName },
  } as const;
  const shown = version.changes.slice(0, firstChanges);
  return (
    <li className={classes.entry} data-row>
      <div className={classes.head}>
        <Link {...scope} search={{ tab: 'schema', schema, version: hash }} data-row-link>
          {nameVersion(version)}
        </Link>
        <span className="quiet">
          <ClockTime at={version.created_at} />, <Time at={version.created_at} />
        </span>
        {run !== null && (
          <span className="quiet">
            introduced by <RunLink run={run} />
          </span>
        )}
      </div>
      <div className={classes.changes}>
        {base === null && <span className="quiet">First version of the schema</span>}
        {base !== null && total === 0 && <span className="quiet">Changes not stored individually</span>}
        {shown.map((change) => (
          <SchemaChangeChip key={JSON.stringify(change)} change={change} schemaName={schema} />
        ))}
        {base !== null && total > shown.length && (
          <Link {...scope} search={{ tab: 'history', schema, version: hash, base }}>
            {total - shown.length} more
          </Link>
        )}
      </div>
    </li>
  );
}
