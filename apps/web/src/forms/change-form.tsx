import type { ReactNode } from 'react';
import classes from './forms.module.css';
import { ActionButton } from '../look/action-button.tsx';
import { ErrorNotice } from '../look/answers.tsx';
import type { Change } from './use-change.ts';

interface ChangeFormProps<Values> {
  change: Change<Values>;
  /** The words of the button: what it does. */
  action: string;
  whyNot?: string | null;
  /** Beside the button. */
  aside?: ReactNode;
  /** Fields in one line where there is room, for what has two or three of them. */
  isRow?: boolean;
  children: ReactNode;
}

/** The frame of a form: its fields, what went wrong with the whole of it, and its button. */
export function ChangeForm<Values>(props: ChangeFormProps<Values>) {
  const { change, action, whyNot = null, aside, isRow = false, children } = props;
  return (
    <form className={classes.form} onSubmit={change.submit} noValidate>
      <div className={isRow ? classes.row : classes.fields}>{children}</div>
      {change.error !== null && <ErrorNotice error={change.error} />}
      <div className={classes.end}>
        <ActionButton
          type="submit"
          variant="filled"
          size="compact-md"
          whyNot={whyNot}
          loading={change.isSending}
        >
          {action}
        </ActionButton>
        {aside}
      </div>
    </form>
  );
}

/** What a change came to, said where it was made. Stands in the page before there is anything to say, so that screen readers hear it. */
export function Outcome({ text }: { text: string | null }) {
  return (
    <p className={classes.outcome} role="status">
      {text !== null && (
        <>
          <span aria-hidden="true">✓ </span>
          {text}
        </>
      )}
    </p>
  );
}

/** A sentence or two above what they explain. */
export function Explanation({ children }: { children: ReactNode }) {
  return <div className={classes.explanation}>{children}</div>;
}
