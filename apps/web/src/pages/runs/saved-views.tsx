import type { SavedViewResponse } from '@pumphouse/contract';
import { ActionIcon, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { notifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';
import classes from './runs.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionMenuItem } from '../../ui/action-menu-item.tsx';
import { api } from '../../api/api.ts';
import { choiceLink } from '../../ui/choice-link.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { describeError } from '../../ui/answers.tsx';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { isFiltered, type RunSearch } from './run-list.ts';
import { MoreIcon } from '../../ui/icons.tsx';
import { operation } from '../../api/operation.ts';
import { readViewSearch, toViewSearch } from './run-search.ts';
import { startsAsViewer } from '../jobs/job-rules.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

type Question = { kind: 'save' } | { kind: 'rename' | 'delete'; view: SavedViewResponse };

const SaveViewDialog = lazy(() => import('./save-view-dialog.tsx'));

/** Saved filters of the list as chips, and the button that saves the current ones. */
export function SavedViews({ search }: { search: RunSearch }) {
  const { params, whyNotChange } = useWorkspace();
  const { data } = useQuery(operation('list_saved_views', { params }));
  const [question, setQuestion] = useState<Question | null>(null);
  const close = () => setQuestion(null);
  const views = (data?.views ?? []).filter(({ page }) => page === 'runs');
  const current = toViewSearch(search);
  const isSaved = views.some((view) => toViewSearch(readViewSearch(view.search)) === current);
  const canSave = !isSaved && (isFiltered(search) || search.sort !== undefined);
  if (views.length === 0 && !canSave) return null;
  return (
    <nav className={classes.views} aria-label="Saved views">
      {views.map((view) => (
        <ViewChip key={view.id} view={view} current={current} onAsk={(kind) => setQuestion({ kind, view })} />
      ))}
      {canSave && (
        <ActionButton
          variant="subtle"
          whyNot={whyNotChange('saved-view.change')}
          onClick={() => setQuestion({ kind: 'save' })}
        >
          Save view…
        </ActionButton>
      )}
      <Suspense fallback={null}>
        {question?.kind === 'save' && <SaveViewDialog search={current} onClose={close} />}
        {question?.kind === 'rename' && (
          <SaveViewDialog view={question.view} search={current} onClose={close} />
        )}
      </Suspense>
      {question?.kind === 'delete' && <DeleteQuestion view={question.view} onClose={close} />}
    </nav>
  );
}

interface ViewChipProps {
  view: SavedViewResponse;
  /** The search of the page, as views contain it. */
  current: string;
  onAsk: (kind: 'rename' | 'delete') => void;
}

function ViewChip({ view, current, onAsk }: ViewChipProps) {
  const search = readViewSearch(view.search);
  const isCurrent = toViewSearch(search) === current;
  return (
    <span className={classes.view} data-current={isCurrent}>
      <Link
        from="/w/$workspaceId/runs"
        {...choiceLink(isCurrent)}
        search={search}
        title={view.is_own ? undefined : `Shared by ${view.owner_email}`}
      >
        {view.name}
        {view.is_shared && <span className="quiet"> shared</span>}
      </Link>
      {view.may_manage && <ViewMenu view={view} current={current} onAsk={onAsk} />}
    </span>
  );
}

function ViewMenu({ view, current, onAsk }: ViewChipProps) {
  const { params, me, whyNotChange } = useWorkspace();
  const queryClient = useQueryClient();
  const update = useMutation({
    mutationFn: (body: { search?: string; is_shared?: boolean }) =>
      api.call('update_saved_view', { params: { ...params, saved_view_id: view.id }, body }),
    onSuccess: () => fetchAnew(queryClient, ['list_saved_views']),
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: `Could not change ${view.name}`,
        message: describeError(error).detail,
      }),
  });
  const denied = whyNotChange('saved-view.change');
  const deniedShare =
    startsAsViewer(me.workspace_role) && !view.is_shared
      ? 'Sharing a view requires the role developer in this workspace.'
      : null;
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="xs" aria-label={`Change the view ${view.name}`}>
          <MoreIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {view.is_own && (
          <ActionMenuItem
            whyNot={denied ?? (current === '' ? 'Choose a filter first.' : null)}
            onClick={() => update.mutate({ search: current })}
          >
            Save current filters
          </ActionMenuItem>
        )}
        <ActionMenuItem whyNot={denied} onClick={() => onAsk('rename')}>
          Rename…
        </ActionMenuItem>
        {view.is_own && (
          <ActionMenuItem
            whyNot={denied ?? deniedShare}
            onClick={() => update.mutate({ is_shared: !view.is_shared })}
          >
            {view.is_shared ? 'Stop sharing' : 'Share in the workspace'}
          </ActionMenuItem>
        )}
        <ActionMenuItem color="red" whyNot={denied} onClick={() => onAsk('delete')}>
          Delete…
        </ActionMenuItem>
      </Menu.Dropdown>
    </Menu>
  );
}

function DeleteQuestion({ view, onClose }: { view: SavedViewResponse; onClose: () => void }) {
  const { params } = useWorkspace();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('delete_saved_view', { params: { ...params, saved_view_id: view.id } }),
    onSuccess: async () => {
      onClose();
      await fetchAnew(queryClient, ['list_saved_views']);
    },
  });
  return (
    <Confirm
      title={`Delete the view ${view.name}?`}
      action="Delete view"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>
        {view.is_shared ? 'It disappears for all members of the workspace.' : 'The runs stay as they are.'}
      </p>
    </Confirm>
  );
}
