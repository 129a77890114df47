import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { Confirm } from '../../look/confirm.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import { findConflict, findVariable, type Conflict, type Variable } from './variable-conflict.ts';

interface DeleteVariableProps {
  profile: string | null;
  variable: Variable;
  onClose: () => void;
  onDone: (text: string) => void;
}

/** Asks before a variable goes, and again where somebody set it meanwhile. */
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
      if (!found) onDone(`${name} was deleted. Runs that begin from now on go without it.`);
    },
  });
  return (
    <Confirm
      title={`Delete ${name}?`}
      action={conflict ? 'Delete it all the same' : 'Delete'}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {conflict && <ConflictNotice conflict={conflict} />}
      {profile === null ? 'Runs of every profile' : `Runs of the profile ${profile}`} begin without it from
      then on{profile === null ? '' : ', or with the one for every run'}. Runs that have begun keep it.
      {variable.type === 'secret' && ' Its value is gone for good.'}
    </Confirm>
  );
}
