import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ErrorNotice } from './answers.tsx';

interface ConfirmProps {
  title: string;
  /** Consequences of the action. */
  children: ReactNode;
  /** Label of the confirm button: a verb. */
  action: string;
  /** Word to type before confirming an action that cannot be undone. */
  typed?: string;
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Confirmation dialog for a destructive action. Open while it is rendered. */
export function Confirm({
  title,
  children,
  action,
  typed,
  isPending,
  error,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const [text, setText] = useState('');
  const isReady = typed === undefined || text === typed;
  return (
    <Modal opened onClose={onClose} title={title} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onConfirm();
        }}
      >
        {children}
        {typed !== undefined && (
          <TextInput
            mt="sm"
            label={`Type ${typed} to confirm`}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        )}
        {error !== null && <ErrorNotice error={error} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red.9" loading={isPending} disabled={!isReady}>
            {action}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
