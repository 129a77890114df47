import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ActionButton } from './action-button.tsx';
import { Confirm } from './confirm.tsx';

interface AskingButtonProps<Done> {
  /** Label of the button. */
  label: string;
  /** Names the target if the label alone does not, as in a table row. */
  'aria-label'?: string;
  size?: string;
  /** Why the action is unavailable; null if it is available. */
  whyNot?: string | null;
  question: string;
  /** Label of the confirm button; `label` by default. */
  action?: string;
  /** Word to type before confirming an action that cannot be undone. */
  typed?: string;
  /** Consequences of the action. */
  children: ReactNode;
  /** Performs the action and refetches what it changes. The dialog stays open until both are done. */
  act: () => Promise<Done>;
  /** Called after the dialog has closed. */
  onDone: (done: Done) => void;
}

/** A button that asks for confirmation before a destructive action. */
export function AskingButton<Done>(props: AskingButtonProps<Done>) {
  const { label, question, action = label, typed, children, act, onDone, ...button } = props;
  const [isAsking, setAsking] = useState(false);
  const change = useMutation({
    mutationFn: act,
    onSuccess: (done) => {
      setAsking(false);
      onDone(done);
    },
  });
  function ask(): void {
    change.reset();
    setAsking(true);
  }
  return (
    <>
      <ActionButton {...button} onClick={ask}>
        {label}
      </ActionButton>
      {isAsking && (
        <Confirm
          title={question}
          action={action}
          {...(typed !== undefined && { typed })}
          isPending={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate()}
          onClose={() => setAsking(false)}
        >
          {children}
        </Confirm>
      )}
    </>
  );
}
