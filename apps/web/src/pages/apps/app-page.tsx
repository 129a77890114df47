import type { AppResponse } from '@pumphouse/contract';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import classes from './apps.module.css';
import { ActionResultLine } from '../jobs/action-result.tsx';
import { AppDetails } from './app-details.tsx';
import { AppPageActions } from './app-page-actions.tsx';
import { appQuery, lastRunOfApp } from './app-queries.ts';
import { AppUse } from './app-use.tsx';
import { AppState } from './app-state.tsx';
import { AppVisitors } from './app-visitors.tsx';
import { currentLink, fallbackText, kindOf } from './app-texts.ts';
import { Notice } from '../../ui/notice.tsx';
import { PackageWarnings } from '../runs/package-warnings.tsx';
import { Page } from '../../ui/page.tsx';
import { PublicLinkSection } from './public-link-section.tsx';
import { shortenJobName } from '../../details/job-name.ts';
import { useAppActions } from './use-app-actions.ts';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** App page: state, actions, connection details, public link and visitors. */
export function AppPage() {
  const { id: workspaceId } = useWorkspace();
  const { jobId } = useParams({ from: '/signed-in/w/$workspaceId/apps/$jobId' });
  const { data: app } = useSuspenseQuery(appQuery(workspaceId, jobId));
  const actions = useAppActions(app);
  const link = currentLink(app.public_link, useNow(30));
  const name = shortenJobName(app.name);
  return (
    <Page
      title={name}
      lead={
        <span className="linked-text">
          <Link to="/w/$workspaceId/jobs/$job" params={{ workspaceId, job: app.job_ref }} className="mono">
            {app.job_ref}
          </Link>
          {app.description !== null && <span className={classes.description}> · {app.description}</span>}
        </span>
      }
      actions={<AppPageActions app={app} name={name} actions={actions} />}
    >
      {actions.result !== null && <ActionResultLine result={actions.result} onPutAway={actions.putAway} />}
      <div className={classes.pageState}>
        <AppState app={app} />
      </div>
      {app.is_profile_fallback && <Notice>{fallbackText}</Notice>}
      <IncompatiblePackages app={app} />
      <AppDetails app={app} />
      <AppUse app={app} />
      <PublicLinkSection app={app} name={name} link={link} actions={actions} />
      <AppVisitors jobId={jobId} />
    </Page>
  );
}

/** Notebooks and dashboards read data with the packages that the warning is about. */
function IncompatiblePackages({ app }: { app: AppResponse }) {
  const { id: workspaceId } = useWorkspace();
  const reads = ['notebook', 'dashboard'].includes(kindOf(app));
  const { data } = useQuery({ ...lastRunOfApp(workspaceId, app.job_id), enabled: reads });
  const run = data?.items[0];
  return run ? <PackageWarnings params={{ workspace_id: workspaceId, job_run_id: run.id }} /> : null;
}
