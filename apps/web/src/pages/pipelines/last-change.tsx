import type { SchemaVersionChangesResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './pipelines.module.css';
import { formatNoun } from '../../ui/format.ts';
import { SchemaChangeChip } from '../../details/schema-change-chip.tsx';
import { Time } from '../../ui/time.tsx';

interface LastChangeProps {
  workspaceId: string;
  /** The newest version; null if none was reported. */
  version: SchemaVersionChangesResponse | null;
}

/** The last change of a schema, linked to its history. An unchanged schema shows only its size. */
export function LastChange({ workspaceId, version: lastChange }: LastChangeProps) {
  if (!lastChange) return null;
  const { pipeline_name: pipelineName } = lastChange;
  const [first] = lastChange.changes;
  const others = lastChange.changes_total - 1;
  return (
    <Link
      to="/w/$workspaceId/pipelines/$pipelineName"
      params={{ workspaceId, pipelineName }}
      search={{ tab: 'history', schema: lastChange.schema_name }}
      className={classes.oneLine}
    >
      {lastChange.base_hash === null || !first ? (
        <span className="quiet">
          {formatNoun(lastChange.table_count, 'table')}, unchanged since <Time at={lastChange.created_at} />
        </span>
      ) : (
        <>
          <SchemaChangeChip change={first} schemaName={lastChange.schema_name} />
          {others > 0 && <span className="quiet"> +{others}</span>}{' '}
          <span className="quiet">
            <Time at={lastChange.created_at} />
          </span>
        </>
      )}
    </Link>
  );
}
