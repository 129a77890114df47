import { useMutation } from '@tanstack/react-query';
import people from '../pages/people/people.module.css';
import { ActionButton } from '../ui/action-button.tsx';
import { ErrorNotice } from '../ui/answers.tsx';
import { AskingButton } from '../ui/asking-button.tsx';

/** What a user can do with a target of deliveries. Each function refreshes what it has changed. */
interface TargetActionsProps<Secret> {
  name: string;
  isEnabled: boolean;
  /** Why the user may not send a test, or change the target. */
  whyNot: { send: string | null; change: string | null };
  /** What is sent to it: messages or events. */
  sent: 'events' | 'messages';
  testLabel: string;
  test: () => Promise<void>;
  toggle: () => Promise<void>;
  onEdit: () => void;
  /** Null for a target without a signing secret. */
  replaceSecret: (() => Promise<Secret>) | null;
  onSecret: (replaced: Secret) => void;
  remove: () => Promise<void>;
  onRemoved: () => void;
}

/** Buttons of a row: test, change, disable, replace the secret, delete. */
export function TargetActions<Secret>(props: TargetActionsProps<Secret>) {
  const { name, isEnabled, whyNot, sent, replaceSecret, remove, onRemoved } = props;
  const test = useMutation({ mutationFn: props.test });
  const toggle = useMutation({ mutationFn: props.toggle });
  const error = test.error ?? toggle.error;
  const toggleLabel = isEnabled ? 'Disable' : 'Enable';
  return (
    <div className={people.actions}>
      {error !== null && <ErrorNotice error={error} />}
      <ActionButton
        aria-label={props.testLabel}
        whyNot={whyNot.send}
        loading={test.isPending}
        onClick={() => test.mutate()}
      >
        Send test
      </ActionButton>
      <ActionButton aria-label={`Change ${name}`} whyNot={whyNot.change} onClick={props.onEdit}>
        Change
      </ActionButton>
      <ActionButton
        aria-label={`${toggleLabel} ${name}`}
        whyNot={whyNot.change}
        loading={toggle.isPending}
        onClick={() => toggle.mutate()}
      >
        {toggleLabel}
      </ActionButton>
      {replaceSecret && (
        <AskingButton
          label="Replace secret"
          aria-label={`Replace secret of ${name}`}
          whyNot={whyNot.change}
          question={`Replace the signing secret of ${name}?`}
          act={replaceSecret}
          onDone={props.onSecret}
        >
          For 24 hours, {sent} are signed with the present secret too. Configure the new one at the receiver
          until then.
        </AskingButton>
      )}
      <AskingButton
        label="Delete"
        aria-label={`Delete ${name}`}
        whyNot={whyNot.change}
        question={`Delete ${name}?`}
        act={remove}
        onDone={onRemoved}
      >
        Its waiting {sent} are not sent, and its delivery log is deleted.
      </AskingButton>
    </div>
  );
}
