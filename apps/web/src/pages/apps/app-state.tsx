import type { AppResponse } from '@pumphouse/contract';
import classes from './apps.module.css';
import { describeAppStatus } from './app-texts.ts';
import { State } from '../../ui/state.tsx';
import { useNow } from '../../ui/time.tsx';

/** State of an app with the failure or wait reason and the next step. */
export function AppState({ app }: { app: AppResponse }) {
  const isCounting = app.state === 'starting' || app.state === 'failed';
  const now = new Date(useNow(isCounting ? 1 : 60));
  const { look, reason, text } = describeAppStatus(app, now);
  return (
    <span className={classes.standing}>
      <State look={look} />
      {reason !== null && (
        <span className={classes.reason} title={reason}>
          {reason}
        </span>
      )}
      <span className="quiet">{text}</span>
    </span>
  );
}
