import classes from './apps.module.css';
import { appExamples } from './app-examples.ts';
import { CommandLine } from '../../look/copy-text.tsx';
import { Empty } from '../../look/answers.tsx';
import { Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Says how an app comes to be, with what there is to type. */
export function NoApps() {
  const { whyNot } = useWorkspace();
  return (
    <Section title="No app yet">
      <Empty title="An app is a job that answers: a notebook, a dashboard, an MCP server">
        It is deployed like any other job. It starts at the first visit, and stops when nobody uses it.
      </Empty>
      {whyNot('deployment.upload') !== null && (
        <p className={classes.note}>To deploy here takes the role developer.</p>
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
