import type { AppResponse } from '@pumphouse/contract';
import { useState } from 'react';
import forms from '../../forms/forms.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { AppQuestions } from './app-questions.tsx';
import { Empty } from '../../ui/answers.tsx';
import { DetailList, Section } from '../../ui/page.tsx';
import { formatInstant } from '../../ui/format.ts';
import { PublicLink } from './public-link.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import type { AppActions } from './use-app-actions.ts';

interface PublicLinkSectionProps {
  app: AppResponse;
  name: string;
  /** The current link; null if there is none. */
  link: AppResponse['public_link'];
  actions: AppActions;
}

/** Section that publishes the app with a public link, shows the link and unpublishes it. */
export function PublicLinkSection({ app, name, link, actions }: PublicLinkSectionProps) {
  const { whyNotChange } = useWorkspace();
  const [asked, ask] = useState<'publish' | 'take-back' | null>(null);
  const whyNot = whyNotChange('job.publish');
  const close = () => ask(null);
  return (
    <Section
      title="Public link"
      aside={
        <div className={forms.end}>
          <ActionButton whyNot={whyNot} onClick={() => ask('publish')}>
            {link === null ? 'Publish…' : 'Replace link…'}
          </ActionButton>
          {link !== null && (
            <ActionButton whyNot={whyNot} onClick={() => ask('take-back')}>
              Unpublish…
            </ActionButton>
          )}
        </div>
      }
    >
      {link === null ? (
        <Empty title="Only workspace members have access">
          Anyone with a public link can open the app without an account. You can set an expiry time and a
          password.
        </Empty>
      ) : (
        <LinkDetails link={link} name={name} />
      )}
      {asked === 'publish' && (
        <PublishDialog
          jobId={app.job_id}
          name={name}
          hasLink={link !== null}
          onPublished={() => void actions.fetchAffected()}
          onClose={close}
        />
      )}
      {asked === 'take-back' && (
        <AppQuestions question="take-back" name={name} jobRunId={null} actions={actions} onClose={close} />
      )}
    </Section>
  );
}

function LinkDetails({ link, name }: { link: NonNullable<AppResponse['public_link']>; name: string }) {
  return (
    <>
      <PublicLink url={link.url} name={name} />
      <DetailList
        items={[
          ['Expires', link.expires_at === null ? 'never' : formatInstant(new Date(link.expires_at))],
          ['Password', link.has_password ? 'required' : 'none'],
          ['Created', <Time key="made" at={link.created_at} />],
        ]}
      />
    </>
  );
}
