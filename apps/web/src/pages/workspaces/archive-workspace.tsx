import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { Explanation, Outcome } from '../../forms/change-form.tsx';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import classes from '../../forms/forms.module.css';

/** Section that archives or restores a workspace. */
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
      setOutcome(archived_at ? 'Archived.' : 'Restored. Schedules are active again.');
    },
  });
  const playground = workspace.is_playground ? 'Playgrounds cannot be archived.' : null;
  return (
    <Section title={isArchived ? 'Archived' : 'Archive'}>
      <Explanation>
        {isArchived
          ? 'This workspace is read-only, and no jobs start. Restoring it reactivates its schedules.'
          : 'An archived workspace is read-only, and no jobs start. Pending runs are cancelled; started runs continue. You can restore it later.'}
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
            {isArchived ? 'Restore workspace' : 'Archive workspace'}
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
          Its schedules, events and webhooks no longer start jobs, and its pending runs are cancelled.
          Everything stays readable, and an owner can restore it.
        </Confirm>
      )}
    </Section>
  );
}
