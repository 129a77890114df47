import classes from '../../ui/settings.module.css';
import { Time } from '../../ui/time.tsx';
import { usePeople } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import type { Conflict } from './variable-conflict.ts';

/** Reports a concurrent change by another user, and that nothing has been saved. */
export function ConflictNotice({ conflict }: { conflict: Conflict }) {
  const { id } = useWorkspace();
  const nameOf = usePeople(id);
  return (
    <p className={classes.notice} role="alert">
      {conflict.kind === 'removed' ? (
        'Another user deleted this variable while the form was open. Saving creates it again.'
      ) : (
        <>
          {conflict.kind === 'changed'
            ? 'This variable was changed while the form was open: '
            : 'A variable with this name already exists, set '}
          <Time at={conflict.at} /> by {nameOf(conflict.by)}. Continuing overwrites their value.
        </>
      )}{' '}
      Nothing has been saved yet.
    </p>
  );
}
