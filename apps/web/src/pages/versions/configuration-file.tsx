import type { ConfigurationFileComparisonResponse } from '@pumphouse/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import table from '../../ui/table.module.css';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { changeAppearances } from './file-changes.ts';
import classes from './versions.module.css';

interface ConfigurationFileProps {
  configurationId: string;
  /** Undefined for the previous version. */
  baseId: string | undefined;
  path: string;
}

/** Changed settings of one file, by key. Possible secrets are masked: the server does not return them. */
export function ConfigurationFile({ configurationId, baseId, path }: ConfigurationFileProps) {
  const { params } = useWorkspace();
  const { data, error, isPlaceholderData } = useQuery({
    ...operation('compare_configuration_file', {
      params: { ...params, configuration_id: configurationId },
      query: { base_id: baseId, path },
    }),
    placeholderData: keepPreviousData,
  });
  const isThis = data?.file.path === path && !isPlaceholderData;
  return (
    <div className={classes.content}>
      <h3 className={classes.contentTitle}>{path}</h3>
      {error && <ErrorNotice error={error} />}
      {!isThis && !error && <LoadingRows />}
      {isThis && <Outcome comparison={data} />}
    </div>
  );
}

function Outcome({ comparison }: { comparison: ConfigurationFileComparisonResponse }) {
  const { outcome, settings } = comparison;
  if (outcome === 'unparsable') {
    return (
      <Empty title="This is not valid TOML">The content is hidden because it may contain secrets.</Empty>
    );
  }
  if (outcome === 'too_large') {
    return <Empty title="File too large">Files over 256 KiB or 5,000 settings are not compared.</Empty>;
  }
  if (settings.length === 0) {
    return <Empty title="No settings changed">Order, layout and comments may differ.</Empty>;
  }
  return (
    <>
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Change</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {settings.map(({ key, change, before, after }) => (
              <tr key={key}>
                <td className={classes.setting} data-wide="true">
                  {key}
                </td>
                <td>
                  <span className={classes.sign} data-change={change} aria-hidden="true">
                    {changeAppearances[change].sign}
                  </span>{' '}
                  {changeAppearances[change].word}
                </td>
                <td className={`${classes.setting ?? ''} ${classes.before ?? ''}`}>{before ?? ''}</td>
                <td className={`${classes.setting ?? ''} ${classes.after ?? ''}`}>{after ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Explanation>
        ****** hides possible secrets: all values in secrets files, and texts of 6 or more characters in other
        files.
      </Explanation>
    </>
  );
}
