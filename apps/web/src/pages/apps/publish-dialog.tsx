import type { PublicLinkResponse } from '@pumphouse/contract';
import { Button, Group, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import classes from './apps.module.css';
import { api } from '../../api/api.ts';
import { ChangeForm, Explanation } from '../../forms/change-form.tsx';
import { useChange } from '../../forms/use-change.ts';
import { Notice } from '../../ui/notice.tsx';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { describeLink } from './app-texts.ts';
import { checkPublishValues, noPublishValues, toPublishBody } from './publish-values.ts';
import { PublicLink } from './public-link.tsx';
import { shownZone } from '../../ui/time-zone.ts';

interface PublishDialogProps {
  jobId: string;
  name: string;
  /** Whether a link exists, which the new one replaces. */
  hasLink: boolean;
  onPublished: () => void;
  onClose: () => void;
}

/** Dialog that creates a public link and shows it. */
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
        Anyone with the link can open the app and do everything that it allows visitors to do, without an
        account.
      </Explanation>
      {hasLink && (
        <div className={classes.inDialog}>
          <Notice>The current link stops working, and its visitors are disconnected.</Notice>
        </div>
      )}
      <ChangeForm change={change} action={hasLink ? 'Replace link' : 'Create link'}>
        <TextInput
          type="datetime-local"
          label="Expires"
          description={`Optional. In the time zone ${shownZone()}. Without it, the link does not expire.`}
          value={change.values.expires_at}
          error={change.problems.expires_at}
          onChange={(event) => change.set('expires_at', event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description="Optional. 8 to 200 characters. Visitors have to enter it."
          autoComplete="new-password"
          visibilityToggleButtonProps={{
            'aria-label': 'Show password',
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
      <p className={classes.madeText}>
        The link {describeLink(link, now)}.
        {link.has_password && ' Send the password separately. It is not shown again.'}
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
