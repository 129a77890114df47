import type { ReactNode } from 'react';
import classes from './forms.module.css';
import { ActionButton } from '../ui/action-button.tsx';
import { ErrorNotice } from '../ui/answers.tsx';
import type { Change } from './use-change.ts';

interface ChangeFormProps<Values> {
  change: Change<Values>;
  /** Label of the submit button: a verb. */
  action: string;
  whyNot?: string | null;
  /** Content next to the button. */
  aside?: ReactNode;
  /** Lays out the fields in one line if there is room; for forms with two or three fields. */
  isRow?: boolean;
  children: ReactNode;
}

/** A form with its fields, its form-level error and its submit button. */
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

/**
 * Success message of a change. The element is always in the page, so that screen readers announce the text
 * when it appears.
 */
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

/** Explanatory text above a form or list. */
export function Explanation({ children }: { children: ReactNode }) {
  return <div className={classes.explanation}>{children}</div>;
}
