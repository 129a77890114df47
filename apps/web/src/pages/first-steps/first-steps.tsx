import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import classes from './first-steps.module.css';
import { apiBaseUrl } from '../../api/base-url.ts';
import { CommandLine } from '../../look/copy-text.tsx';
import { listSteps } from './steps.ts';
import { operation } from '../../api/operation.ts';
import { Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** From an empty workspace to its first run: four steps to copy, each ticked once it worked. */
export function FirstSteps({ hasJobs }: { hasJobs: boolean }) {
  const { me, whyNot } = useWorkspace();
  const workspaceName = me.workspace.name;
  const steps = useMemo(() => listSteps({ serverUrl: apiBaseUrl, workspaceName }), [workspaceName]);
  const { isSignedIn, isDeployed } = useProgress(hasJobs);
  const ticks = [isSignedIn || isDeployed, isSignedIn || isDeployed, isDeployed, false];
  const current = ticks.indexOf(false);
  const hindrance = whyNot('deployment.upload');
  return (
    <Section title="First steps" aside={<span className="quiet">Ticked by themselves as they work</span>}>
      {hindrance !== null && (
        <p className={classes.hindrance}>
          To deploy here takes the role developer. You can watch what others do.
        </p>
      )}
      <ol className={classes.steps}>
        {steps.map(({ title, commands, done }, index) => (
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
                {ticks[index] === true
                  ? `Done: ${done.charAt(0).toLowerCase()}${done.slice(1)}`
                  : describeWait(index)}
              </p>
            </div>
          </li>
        ))}
      </ol>
      <p className={classes.note}>
        No script yet? One that calls <code>dlt.pipeline(…).run(…)</code> is enough. Name what it needs in a{' '}
        <code>requirements.txt</code> beside it.
      </p>
    </Section>
  );
}

function describeWait(index: number): string {
  return (
    [
      'Seen once you sign in',
      'Waits for you to sign in',
      'Seen at the first deploy',
      'Waits for the first run',
    ][index] ?? ''
  );
}

/** What has worked already. Sessions are told by no event: they are asked for when the person comes back to this page. */
function useProgress(hasJobs: boolean) {
  const { params } = useWorkspace();
  const sessions = useQuery({ ...operation('list_account_sessions'), staleTime: 0 });
  const deployment = useQuery({ ...operation('get_deployment_latest', { params }), retry: false });
  return {
    isSignedIn: (sessions.data?.sessions ?? []).some(({ client }) => client.startsWith('dlthub')),
    isDeployed: hasJobs || deployment.data !== undefined,
  };
}
