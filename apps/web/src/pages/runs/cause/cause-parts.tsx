import type { JobRunChangesResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './cause.module.css';
import { ChangedCode } from './changed-code.tsx';
import { ChangedConfiguration, SettingLines } from './changed-settings.tsx';
import { describeStepDuration, nameStep } from './describe-cause.ts';
import { formatCount, formatNoun } from '../../../ui/format.ts';
import { SchemaChangeChip } from '../../../details/schema-change-chip.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

interface CausePartsProps {
  changes: JobRunChangesResponse;
  base: NonNullable<JobRunChangesResponse['base']>;
}

/** Schema changes shown for each schema; the comparison has the rest. */
const shownSchemaChanges = 6;

/** The kinds of changes that there are, one row each, the most likely cause first. */
export function CauseParts({ changes, base }: CausePartsProps) {
  const { target, files, packages } = changes;
  const hasUnknownFiles = changes.files_outcome !== 'compared' && changes.other_changed_file_count > 0;
  return (
    <dl className={classes.parts}>
      {files.length > 0 && (
        <Part name="Changed here">
          <ChangedCode files={files} base={base} target={target} />
        </Part>
      )}
      {hasUnknownFiles && (
        <Part name="Code">
          {formatNoun(changes.other_changed_file_count, 'file')} changed. The older files are deleted, so
          their lines cannot be compared.
        </Part>
      )}
      {changes.configuration_files.length > 0 && (
        <Part name="Configuration">
          <ChangedConfiguration files={changes.configuration_files} base={base} target={target} />
        </Part>
      )}
      {changes.changed_variable_count > 0 && (
        <Part name="Variables">
          <ChangedVariables count={changes.changed_variable_count} />
        </Part>
      )}
      {changes.run_changes.length > 0 && (
        <Part name="Run">
          <SettingLines settings={changes.run_changes} />
        </Part>
      )}
      {changes.job_changes.length > 0 && (
        <Part name="Job settings">
          <SettingLines settings={changes.job_changes} />
        </Part>
      )}
      {packages !== null && packages.length > 0 && (
        <Part name="Packages">
          <SettingLines settings={packages.map(toSetting)} />
        </Part>
      )}
      {changes.schemas.length > 0 && (
        <Part name="Schema">
          <ChangedSchemas schemas={changes.schemas} />
        </Part>
      )}
      {changes.rows.length > 0 && (
        <Part name="Source rows">
          <ul className={classes.settings}>
            {changes.rows.map((row) => (
              <li key={`${row.pipeline_name} ${row.schema_name} ${row.table_name}`}>
                <span className={classes.path}>{row.table_name}</span>{' '}
                <strong>{formatCount(row.rows)}</strong> (usually {formatCount(row.usual_rows)})
              </li>
            ))}
          </ul>
        </Part>
      )}
      {changes.durations.length > 0 && (
        <Part name="Duration">
          <ul className={classes.settings}>
            {changes.durations.map((change) => (
              <li key={nameStep(change)}>
                {nameStep(change)} <strong>{describeStepDuration(change)}</strong>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </dl>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.part}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const toSetting = ({
  name,
  before,
  after,
}: {
  name: string;
  before: string | null;
  after: string | null;
}) => ({
  key: name,
  change: 'changed' as const,
  before: before ?? 'not installed',
  after: after ?? 'not installed',
});

function ChangedVariables({ count }: { count: number }) {
  const { id: workspaceId, whyNot } = useWorkspace();
  const text = `${formatNoun(count, 'variable')} changed`;
  if (whyNot('variable.read') !== null) return text;
  return (
    <Link to="/w/$workspaceId/settings/variables" params={{ workspaceId }}>
      {text}
    </Link>
  );
}

function ChangedSchemas({ schemas }: { schemas: JobRunChangesResponse['schemas'] }) {
  return schemas.map(({ pipeline_name: pipeline, schema_name: schema, changes, change_count: count }) => (
    <div key={`${pipeline} ${schema}`} className={classes.chips}>
      {changes.slice(0, shownSchemaChanges).map((change, index) => (
        <SchemaChangeChip key={index} change={change} schemaName={schema} />
      ))}
      {count > shownSchemaChanges && (
        <span className="quiet">{formatCount(count - shownSchemaChanges)} more</span>
      )}
    </div>
  ));
}
