import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionButton } from '../../look/action-button.tsx';
import { Confirm } from '../../look/confirm.tsx';
import { ErrorNotice } from '../../look/answers.tsx';
import { Explanation, Outcome } from '../../forms/change-form.tsx';
import { Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import classes from '../../forms/forms.module.css';

/** Takes a workspace out of service, and brings it back. */
export function ArchiveWorkspace() {
  const { me, params, whyNot } = useWorkspace();
  const { workspace } = me;
  const [isAsking, setAsking] = useState(false);
  const [outcome, setOutcome] = useState<string | null>(null);
  const isArchived = workspace.archived_at != null;
  const change = useMutation({
    mutationFn: () => api.call(isArchived ? 'unarchive_workspace' : 'archive_workspace', { params }),
    onSuccess: async ({ archived_at }) => {
      await fetchAnew(queryClient, ['get_workspace_me', 'list_workspaces', 'get_organization_me']);
      setAsking(false);
      setOutcome(archived_at ? 'Archived.' : 'Back in service. Schedules go on from now.');
    },
  });
  const playground = workspace.is_playground ? 'A playground is not archived.' : null;
  return (
    <Section title={isArchived ? 'Archived' : 'Archive'}>
      <Explanation>
        {isArchived
          ? 'Nothing in this workspace starts or changes. All that ran here can be read. Bringing it back starts its schedules again, from then on.'
          : 'An archived workspace can be read, and nothing in it starts or changes. Runs that wait are cancelled; those that have started go on. It can be brought back.'}
      </Explanation>
      <div className={classes.form}>
        {!isAsking && change.error !== null && <ErrorNotice error={change.error} />}
        <div className={classes.end}>
          <ActionButton
            size="compact-md"
            whyNot={whyNot('workspace.archive') ?? playground}
            loading={isArchived && change.isPending}
            onClick={() => (isArchived ? change.mutate() : setAsking(true))}
          >
            {isArchived ? 'Bring it back' : 'Archive this workspace'}
          </ActionButton>
          <Outcome text={outcome} />
        </div>
      </div>
      {isAsking && (
        <Confirm
          title={`Archive ${workspace.name}?`}
          action="Archive"
          typed={workspace.name}
          isPending={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate()}
          onClose={() => setAsking(false)}
        >
          Its schedules, events and webhooks start nothing any more, and its waiting runs are cancelled.
          Everything stays readable, and an owner can bring it back.
        </Confirm>
      )}
    </Section>
  );
}
