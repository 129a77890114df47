import type { JobRunChangesResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import classes from './cause.module.css';
import { ErrorNotice } from '../../../ui/answers.tsx';
import { operation } from '../../../api/operation.ts';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

type Setting = JobRunChangesResponse['job_changes'][number];

/** One line for each changed setting: `page_size 25 → 50`. */
export function SettingLines({ settings }: { settings: readonly Setting[] }) {
  return (
    <ul className={classes.settings}>
      {settings.map(({ key, before, after }) => (
        <li key={key}>
          <span className={classes.path}>{key}</span>{' '}
          <span className={classes.removed}>{before ?? 'not set'}</span> →{' '}
          <span className={classes.added}>{after ?? 'not set'}</span>
        </li>
      ))}
    </ul>
  );
}

interface ChangedConfigurationProps {
  files: JobRunChangesResponse['configuration_files'];
  base: { configuration_id: string };
  target: { configuration_id: string };
}

/** Changed configuration files of the run's profile with their settings, if the user may see them. */
export function ChangedConfiguration({ files, base, target }: ChangedConfigurationProps) {
  const reason = useWorkspace().whyNot('configuration.compare');
  return files.map(({ path }) => (
    <div key={path}>
      <span className={classes.path}>{path}</span>
      {reason === null ? (
        <ConfigurationSettings path={path} base={base} target={target} />
      ) : (
        <span className="quiet"> Settings: {reason}</span>
      )}
    </div>
  ));
}

function ConfigurationSettings({
  path,
  base,
  target,
}: { path: string } & Omit<ChangedConfigurationProps, 'files'>) {
  const { params } = useWorkspace();
  const { data, error } = useQuery(
    operation('compare_configuration_file', {
      params: { ...params, configuration_id: target.configuration_id },
      query: { base_id: base.configuration_id, path },
    }),
  );
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return null;
  if (data.outcome !== 'compared') return <span className="quiet"> Its settings cannot be compared.</span>;
  if (data.settings.length === 0) return <span className="quiet"> No settings changed.</span>;
  return <SettingLines settings={data.settings} />;
}
