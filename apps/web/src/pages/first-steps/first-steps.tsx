import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import classes from './first-steps.module.css';
import { apiBaseUrl } from '../../api/base-url.ts';
import { CommandLine } from '../../ui/copy-text.tsx';
import { LimitsNote } from './limits-note.tsx';
import { listSteps } from './steps.ts';
import { operation } from '../../api/operation.ts';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** From an empty workspace to its first run. */
export function FirstSteps({ hasJobs }: { hasJobs: boolean }) {
  const { me, params, whyNot } = useWorkspace();
  const deployment = useQuery({ ...operation('get_deployment_latest', { params }), retry: false });
  return (
    <StepList
      workspaceName={me.workspace.name}
      isNew={false}
      isDeployed={hasJobs || deployment.data !== undefined}
      hindrance={
        whyNot('deployment.upload') &&
        'You need the role developer to deploy to this workspace. You can view the runs of other members.'
      }
    />
  );
}

/** From an organization without workspaces to its first run: the client creates the workspace. */
export function FirstStepsWithoutWorkspace() {
  return <StepList workspaceName="quickstart" isNew isDeployed={false} hindrance={null} />;
}

interface StepListProps {
  workspaceName: string;
  isNew: boolean;
  isDeployed: boolean;
  hindrance: string | null;
}

/** Four steps to copy. A step is checked off when the server detects that it worked. */
function StepList({ workspaceName, isNew, isDeployed, hindrance }: StepListProps) {
  const steps = useMemo(
    () => listSteps({ serverUrl: apiBaseUrl, workspaceName, isNew }),
    [workspaceName, isNew],
  );
  const isSignedIn = useClientSignIn();
  const ticks = [isSignedIn || isDeployed, isSignedIn || isDeployed, isDeployed, false];
  const current = ticks.indexOf(false);
  return (
    <Section title="First steps" aside={<span className="quiet">Checked off automatically</span>}>
      {hindrance !== null && <p className={classes.hindrance}>{hindrance}</p>}
      <ol className={classes.steps}>
        {steps.map(({ title, commands, waiting, done }, index) => (
          <li
            key={title}
            className={classes.step}
            data-done={ticks[index]}
            aria-current={index === current ? 'step' : undefined}
          >
            <span className={classes.mark} aria-hidden="true">
              {ticks[index] === true ? '✓' : index + 1}
            </span>
            <div className={classes.body}>
              <h3 className={classes.title}>{title}</h3>
              {commands.map((command) => (
                <CommandLine key={command} command={command} />
              ))}
              <p className={classes.done} role="status">
                {ticks[index] === true ? `Done: ${done.charAt(0).toLowerCase()}${done.slice(1)}` : waiting}
              </p>
            </div>
          </li>
        ))}
      </ol>
      <Notes />
    </Section>
  );
}

function Notes() {
  return (
    <div className={classes.note}>
      <p>
        Never run <code>pip install dlthub</code> or <code>pip install &quot;dlt[hub]&quot;</code>: that
        package is proprietary, and Pumphouse does not need it. In your code, write{' '}
        <code>import dlt.hub.run as run</code>; the form <code>from dlt.hub import run</code> fails without
        it.
      </p>
      <p>
        A script of your own loads below <code>if __name__ == &quot;__main__&quot;:</code>, since the client
        imports it to deploy it. Name its packages in <code>requirements.txt</code> or{' '}
        <code>pyproject.toml</code>. For <code>pyproject.toml</code> the client needs uv:{' '}
        <code>pip install uv</code>. If <code>.dlt/config.toml</code> already has a section{' '}
        <code>[runtime]</code>, set <code>api_base_url</code> there instead of adding a second one.
      </p>
      <LimitsNote />
    </div>
  );
}

/**
 * Whether a client is signed in as this user. No event reports sessions, so the query runs again when the
 * user returns to this page.
 */
function useClientSignIn(): boolean {
  const sessions = useQuery({ ...operation('list_account_sessions'), staleTime: 0 });
  return (sessions.data?.sessions ?? []).some(({ client }) => client.startsWith('dlthub'));
}
