import classes from '../../look/settings.module.css';
import { Time } from '../../look/time.tsx';
import { usePeople } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import type { Conflict } from './variable-conflict.ts';

/** Says what somebody else did meanwhile, and that nothing was changed yet. */
export function ConflictNotice({ conflict }: { conflict: Conflict }) {
  const { id } = useWorkspace();
  const nameOf = usePeople(id);
  return (
    <p className={classes.notice} role="alert">
      {conflict.kind === 'removed' ? (
        'Somebody removed this variable while the form was open; setting it makes it again.'
      ) : (
        <>
          {conflict.kind === 'changed'
            ? 'This variable was set while the form was open: '
            : 'There is a variable of this name already, set '}
          <Time at={conflict.at} /> by {nameOf(conflict.by)}. Going on replaces what they set.
        </>
      )}{' '}
      Nothing was changed yet.
    </p>
  );
}
