import type { PublicLinkResponse } from '@pumphouse/contract';
import { Button, Group, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import classes from './apps.module.css';
import { api } from '../../api/api.ts';
import { ChangeForm, Explanation } from '../../forms/change-form.tsx';
import { useChange } from '../../forms/use-change.ts';
import { Notice } from '../../look/notice.tsx';
import { useNow } from '../../look/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { describeLink } from './app-words.ts';
import { checkPublishValues, noPublishValues, toPublishBody } from './publish-values.ts';
import { PublicLink } from './public-link.tsx';

interface PublishDialogProps {
  jobId: string;
  name: string;
  /** Whether there is a link now, which a new one ends. */
  hasLink: boolean;
  onPublished: () => void;
  onClose: () => void;
}

const viewerZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Makes a public link, and shows it. */
export function PublishDialog({ jobId, name, hasLink, onPublished, onClose }: PublishDialogProps) {
  const { params } = useWorkspace();
  const [made, setMade] = useState<PublicLinkResponse | null>(null);
  const change = useChange({
    initial: noPublishValues,
    check: (values) => checkPublishValues(values, Date.now()),
    send: (values) =>
      api.call('publish_app', { params: { ...params, job_id: jobId }, body: toPublishBody(values) }),
    onDone: (link) => {
      setMade(link);
      onPublished();
    },
  });
  if (made !== null) return <MadeLink name={name} link={made} onClose={onClose} />;
  return (
    <Modal opened onClose={onClose} title={`Publish ${name}`} centered>
      <Explanation>
        Whoever has the link sees the app and may do all that it lets visitors do. No account is asked for.
      </Explanation>
      {hasLink && (
        <div className={classes.inDialog}>
          <Notice>There is a link now. A new one ends it: whoever came by it is cut off.</Notice>
        </div>
      )}
      <ChangeForm change={change} action={hasLink ? 'Make a new link' : 'Make the link'}>
        <TextInput
          type="datetime-local"
          label="Expires"
          description={`In your time zone, ${viewerZone()}. Left empty: until it is taken back.`}
          value={change.values.expires_at}
          error={change.problems.expires_at}
          onChange={(event) => change.set('expires_at', event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description="8 to 200 characters, asked of whoever opens the link. Left empty: the link is enough."
          autoComplete="new-password"
          visibilityToggleButtonProps={{
            'aria-label': 'Show the password',
            'aria-hidden': false,
            tabIndex: 0,
          }}
          value={change.values.password}
          error={change.problems.password}
          onChange={(event) => change.set('password', event.currentTarget.value)}
        />
      </ChangeForm>
    </Modal>
  );
}

function MadeLink({ name, link, onClose }: { name: string; link: PublicLinkResponse; onClose: () => void }) {
  const now = new Date(useNow(60));
  return (
    <Modal opened onClose={onClose} title={`${name} is public`} centered size="lg">
      <p className={classes.madeWords}>
        The link is good {describeLink(link, now)}
        {link.has_password ? ', which you pass on yourself: it is not shown again.' : '.'}
      </p>
      <PublicLink url={link.url} name={name} />
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </Group>
    </Modal>
  );
}
