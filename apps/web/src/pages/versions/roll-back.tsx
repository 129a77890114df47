import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ActionButton } from '../../look/action-button.tsx';
import { Confirm } from '../../look/confirm.tsx';

interface RollBackProps {
  /** What is rolled back to: "code v3". */
  name: string;
  whyNot: string | null;
  /** What becomes of the rest. */
  children: ReactNode;
  rollBack: () => Promise<{ id: string }>;
  onDone: (newId: string) => void;
}

/** Brings the content of an older version back as a new one, after asking. */
export function RollBack({ name, whyNot, children, rollBack, onDone }: RollBackProps) {
  const [isAsking, setAsking] = useState(false);
  const change = useMutation({
    mutationFn: rollBack,
    onSuccess: ({ id }) => {
      setAsking(false);
      onDone(id);
    },
  });
  return (
    <>
      <ActionButton size="compact-md" whyNot={whyNot} onClick={() => setAsking(true)}>
        Roll back to this
      </ActionButton>
      {isAsking && (
        <Confirm
          title={`Roll back to ${name}?`}
          action="Roll back"
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
