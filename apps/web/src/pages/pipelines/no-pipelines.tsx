import { Link } from '@tanstack/react-router';
import { Empty } from '../../look/answers.tsx';
import { CommandLine } from '../../look/copy-text.tsx';
import { Page, Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** In place of a list of pipelines or datasets that has none yet: they are not made here, they report themselves. */
export function NoPipelines({ title }: { title: 'Pipelines' | 'Datasets' }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Page title={title}>
      <Section title={`No ${title.toLowerCase()} yet`}>
        <Empty title={`${title} appear here by themselves`}>
          <p>
            A job whose code calls <code>pipeline.run()</code> reports what it loaded while it runs. Nothing
            has to be set up, in the code or here.
          </p>
          <p>
            Start a job at{' '}
            <Link to="/w/$workspaceId/jobs" params={{ workspaceId }}>
              Jobs
            </Link>
            , or run a script of your project from a terminal:
          </p>
          <div style={{ maxWidth: '28rem', margin: '0 auto', textAlign: 'left' }}>
            <CommandLine command="dlthub run pipeline.py -f" />
          </div>
        </Empty>
      </Section>
    </Page>
  );
}
