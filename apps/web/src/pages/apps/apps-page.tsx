import type { AppResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import classes from './apps.module.css';
import { ActionsHead } from '../../ui/actions-head.tsx';
import table from '../../ui/table.module.css';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { appList } from './app-queries.ts';
import { AppRow } from './app-row.tsx';
import { formatNoun, pluralOf } from '../../ui/format.ts';
import { NoApps } from './no-apps.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { shortenJobName } from '../../details/job-name.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** List of the workspace's interactive jobs with state, public link and actions. */
export function AppsPage() {
  const { id: workspaceId } = useWorkspace();
  const { data, error, isPending, refetch } = useQuery(appList(workspaceId));
  return (
    <Page title="Apps" lead={data && data.items.length > 0 && formatNoun(data.items.length, 'app')}>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {isPending && <LoadingRows />}
      {data?.items.length === 0 && <NoApps />}
      {data && data.items.length > 0 && <AppTable apps={data.items} />}
      {data?.is_truncated === true && (
        <Notice>Not all apps are shown. See the Jobs page for the rest.</Notice>
      )}
    </Page>
  );
}

function AppTable({ apps }: { apps: readonly AppResponse[] }) {
  const notIsolated = apps.filter(({ is_profile_fallback: isFallback }) => isFallback);
  return (
    <>
      {notIsolated.length > 0 && (
        <ProfileNotice names={notIsolated.map(({ name }) => shortenJobName(name))} />
      )}
      <div className={`${table.frame} ${table.scroll}`}>
        <table className={`${table.table} ${classes.table}`}>
          <caption className="visually-hidden">Apps</caption>
          <colgroup>
            <col className={classes.nameColumn} />
            <col className={classes.kindColumn} />
            <col />
            <col className={classes.profileColumn} />
            <col className={classes.idleColumn} />
            <col className={classes.publicColumn} />
            <col className={classes.usedColumn} />
            <col className={classes.actionsColumn} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">App</th>
              <th scope="col">Type</th>
              <th scope="col">State</th>
              <th scope="col">Profile</th>
              <th scope="col">Idle timeout</th>
              <th scope="col">Public</th>
              <th scope="col">Last used</th>
              <ActionsHead />
            </tr>
          </thead>
          <tbody>
            {starredFirst(apps).map((app) => (
              <AppRow key={app.job_id} app={app} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const starredFirst = (apps: readonly AppResponse[]) =>
  apps.toSorted((one, other) => Number(other.is_starred) - Number(one.is_starred));

const maxNames = 5;
const list = new Intl.ListFormat('en');

function ProfileNotice({ names }: { names: readonly string[] }) {
  const others = names.length - maxNames;
  const output = [...names.slice(0, maxNames), ...(others > 0 ? [`${others} more`] : [])];
  return (
    <Notice>
      The configuration has no <span className="mono">access</span> profile, so {list.format(output)}{' '}
      {pluralOf(names.length, 'runs', 'run')} with the profile of batch jobs.
    </Notice>
  );
}
