import { useMutation } from '@tanstack/react-query';
import { ActionButton } from '../ui/action-button.tsx';
import { ErrorNotice } from '../ui/answers.tsx';
import { explainReason } from './delivery-states.ts';

interface SendAgainProps {
  label: string;
  /** The label for assistive technology, with what is sent. */
  fullLabel: string;
  whyNot: string | null;
  /** Sends, and refreshes what has changed. */
  send: () => Promise<{ status: string; reason: string | null }>;
  /** What the page says when the receiver accepted it. */
  delivered: string;
  onOutcome: (text: string) => void;
}

/** Sends a delivery of the log once more. */
export function SendAgain({ label, fullLabel, whyNot, send, delivered, onOutcome }: SendAgainProps) {
  const sending = useMutation({
    mutationFn: send,
    onSuccess: ({ status, reason }) =>
      onOutcome(status === 'delivered' ? delivered : `Not delivered. ${explainReason(reason) ?? ''}`),
  });
  return (
    <>
      {sending.error !== null && <ErrorNotice error={sending.error} />}
      <ActionButton
        aria-label={fullLabel}
        whyNot={whyNot}
        loading={sending.isPending}
        onClick={() => sending.mutate()}
      >
        {label}
      </ActionButton>
    </>
  );
}
