import { Link } from '@tanstack/react-router';
import { Empty } from '../../ui/answers.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Empty state of the pipelines and datasets pages: explains that runs report them automatically. */
export function NoPipelines({ title }: { title: 'Pipelines' | 'Datasets' }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Page title={title}>
      <Section title={`No ${title.toLowerCase()} yet`}>
        <Empty title={`${title} appear here automatically`}>
          <p>
            A job whose code calls <code>pipeline.run()</code> reports what it loads. No setup is needed,
            neither in the code nor here.
          </p>
          <p>
            Run a job from{' '}
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
