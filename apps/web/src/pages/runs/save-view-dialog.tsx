import type { SavedViewResponse } from '@pumphouse/contract';
import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/api.ts';
import { ErrorNotice } from '../../ui/answers.tsx';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { startsAsViewer } from '../jobs/job-rules.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface SaveViewDialogProps {
  /** The search of the page, as views contain it. */
  search: string;
  /** The view to rename; without one, the search is saved as a new view. */
  view?: SavedViewResponse;
  onClose: () => void;
}

/** Dialog that saves the filters of the list under a name, or renames a view. */
export default function SaveViewDialog({ search, view, onClose }: SaveViewDialogProps) {
  const { params, me } = useWorkspace();
  const queryClient = useQueryClient();
  const [name, setName] = useState(view?.name ?? '');
  const [isShared, setIsShared] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      view === undefined
        ? api.call('create_saved_view', { params, body: { page: 'runs', name, search, is_shared: isShared } })
        : api.call('update_saved_view', { params: { ...params, saved_view_id: view.id }, body: { name } }),
    onSuccess: async () => {
      onClose();
      await fetchAnew(queryClient, ['list_saved_views']);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={view === undefined ? 'Save view' : `Rename ${view.name}`} centered>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label="Name"
            value={name}
            maxLength={60}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          {view === undefined && !startsAsViewer(me.workspace_role) && (
            <Checkbox
              size="xs"
              label="Share with all members of the workspace"
              checked={isShared}
              onChange={(event) => setIsShared(event.currentTarget.checked)}
            />
          )}
          {save.error !== null && <ErrorNotice error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
              {view === undefined ? 'Save view' : 'Rename'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
