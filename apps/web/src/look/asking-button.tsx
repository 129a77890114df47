import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ActionButton } from './action-button.tsx';
import { Confirm } from './confirm.tsx';

interface AskingButtonProps<Done> {
  /** The words of the button. */
  label: string;
  /** Where they alone do not say what it is done to, as in a row. */
  'aria-label'?: string;
  size?: string;
  /** Why it cannot be done now; null when it can. */
  whyNot?: string | null;
  question: string;
  /** The words of the button that does it; without them those of the button that asks. */
  action?: string;
  /** A word to type first, where what is done cannot be undone. */
  typed?: string;
  /** What happens, and what does not. */
  children: ReactNode;
  /** Does it, and fetches anew what then differs: the question stays until both are over. */
  act: () => Promise<Done>;
  /** Called when the question is gone. */
  onDone: (done: Done) => void;
}

/** A button that asks before it does something that takes something away. */
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
