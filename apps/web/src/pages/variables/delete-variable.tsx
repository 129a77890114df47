import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import { findConflict, findVariable, type Conflict, type Variable } from './variable-conflict.ts';

interface DeleteVariableProps {
  profile: string | null;
  variable: Variable;
  onClose: () => void;
  onDone: (text: string) => void;
}

/** Asks for confirmation before deleting a variable, and again if another user changed it meanwhile. */
export function DeleteVariable({ profile, variable, onClose, onDone }: DeleteVariableProps) {
  const { params } = useWorkspace();
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const { name } = variable;
  const remove = useMutation({
    mutationFn: async () => {
      const latest = await api.call('list_workspace_variables', { params });
      const found = findConflict(variable, findVariable(latest.scopes, profile, name));
      if (found?.kind === 'changed' && JSON.stringify(found) !== JSON.stringify(conflict)) return found;
      await api.call('update_workspace_variables', { params, body: { profile, deletes: [name] } });
      return null;
    },
    onSuccess: async (found) => {
      await fetchAnew(queryClient, ['list_workspace_variables']);
      setConflict(found);
      if (!found) onDone(`${name} deleted. New runs no longer get it.`);
    },
  });
  return (
    <Confirm
      title={`Delete ${name}?`}
      action={conflict ? 'Delete anyway' : 'Delete'}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {conflict && <ConflictNotice conflict={conflict} />}
      {profile === null ? 'New runs' : `New runs of the profile ${profile}`} no longer get it
      {profile === null ? '' : ', or get the variable for all runs instead'}. Started runs keep it.
      {variable.type === 'secret' && ' You cannot recover its value.'}
    </Confirm>
  );
}
