import type { AppResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { AppKindMark } from './app-kind.tsx';
import { AppLastRun } from './app-last-run.tsx';
import { describeIdle } from './app-texts.ts';
import { DetailList, Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Details of an app, with links to its runs. */
export function AppDetails({ app }: { app: AppResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { job_run: run } = app;
  return (
    <Section
      title="Details"
      aside={
        <Link to="/w/$workspaceId/runs" params={{ workspaceId }} search={{ job_id: app.job_id }}>
          View all runs
        </Link>
      }
    >
      <DetailList
        items={[
          ['Type', <AppKindMark key="kind" app={app} />],
          ['Profile', app.profile],
          ['Idle timeout', describeIdle(app.idle_seconds)],
          ...(run?.last_used_at == null
            ? []
            : [['Last used', <Time key="used" at={run.last_used_at} />] as const]),
          run === null
            ? ['Last run', <AppLastRun key="run" app={app} />]
            : [
                'Process',
                <Link
                  key="run"
                  to="/w/$workspaceId/runs/$jobRunId"
                  params={{ workspaceId, jobRunId: run.id }}
                >
                  created <Time at={run.created_at} />
                </Link>,
              ],
        ]}
      />
    </Section>
  );
}
