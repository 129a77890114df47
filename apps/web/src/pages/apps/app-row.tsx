import type { AppResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import classes from './apps.module.css';
import { ActionResultLine } from '../jobs/action-result.tsx';
import { AppKindMark } from './app-kind.tsx';
import { AppRowActions } from './app-row-actions.tsx';
import { AppState } from './app-state.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { currentLink, describeIdle, describeLink, fallbackText } from './app-texts.ts';
import { StarMark } from '../../ui/star-mark.tsx';
import { shortenJobName } from '../../details/job-name.ts';
import { Time, useNow } from '../../ui/time.tsx';
import { useAppActions } from './use-app-actions.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Number of columns. */
const appColumnCount = 8;

/** An app in the list: type, state, profile, public link and actions. */
export function AppRow({ app }: { app: AppResponse }) {
  const { id: workspaceId } = useWorkspace();
  const actions = useAppActions(app);
  const link = currentLink(app.public_link, useNow(30));
  const name = shortenJobName(app.name);
  return (
    <Fragment>
      <tr data-row>
        <td className={classes.name}>
          <Link
            to="/w/$workspaceId/apps/$jobId"
            params={{ workspaceId, jobId: app.job_id }}
            className={classes.nameLink}
            title={app.description === null ? app.job_ref : `${app.job_ref}: ${app.description}`}
            data-row-link
          >
            {name}
          </Link>
          {app.is_starred && <StarMark />}
        </td>
        <td>
          <AppKindMark app={app} />
        </td>
        <td data-wide="true" className={classes.state}>
          <AppState app={app} />
        </td>
        <td data-label="Profile">
          <Profile app={app} />
        </td>
        <td data-label="Idle timeout">{describeIdle(app.idle_seconds)}</td>
        <td data-label="Public">
          <Publicity link={link} name={name} />
        </td>
        <td data-label="Last used">
          {app.job_run?.last_used_at == null ? (
            <span className="quiet">–</span>
          ) : (
            <Time at={app.job_run.last_used_at} />
          )}
        </td>
        <td className={classes.actions}>
          <AppRowActions app={app} name={name} hasLink={link !== null} actions={actions} />
        </td>
      </tr>
      {actions.result !== null && (
        <tr className={classes.resultRow}>
          <td colSpan={appColumnCount} data-wide="true">
            <ActionResultLine result={actions.result} onPutAway={actions.putAway} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function Profile({ app }: { app: AppResponse }) {
  if (!app.is_profile_fallback) return app.profile;
  return (
    <span className={classes.warning} title={fallbackText}>
      <span aria-hidden="true">⚠ </span>
      {app.profile}
      <span className="visually-hidden">. {fallbackText}</span>
    </span>
  );
}

function Publicity({ link, name }: { link: AppResponse['public_link']; name: string }) {
  const now = new Date(useNow(60));
  if (link === null) return <span className="quiet">no</span>;
  const text = describeLink(link, now);
  return (
    <span className={classes.publicity}>
      <span className={classes.publicText} title={text}>
        yes, {text}
      </span>
      <CopyText text={link.url} label={`public link to ${name}`} />
    </span>
  );
}
