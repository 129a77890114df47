import classes from './apps.module.css';
import { appExamples } from './app-examples.ts';
import { CommandLine } from '../../ui/copy-text.tsx';
import { Empty } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Empty state of the apps page, with commands that deploy an app. */
export function NoApps() {
  const { whyNot } = useWorkspace();
  return (
    <Section title="No apps yet">
      <Empty title="An app is an interactive job: a notebook, a dashboard or an MCP server">
        Deploy it like any other job. It starts on the first visit and stops when it is idle.
      </Empty>
      {whyNot('deployment.upload') !== null && (
        <p className={classes.note}>You need the role developer to deploy to this workspace.</p>
      )}
      <ol className={classes.examples}>
        {appExamples.map(({ title, file, command }) => (
          <li key={command} className={classes.example}>
            <h3 className={classes.exampleTitle}>{title}</h3>
            {file && (
              <>
                <span className="quiet mono">{file.name}</span>
                <CommandLine command={file.text} what={`Content of ${file.name}`} />
              </>
            )}
            <CommandLine command={command} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
