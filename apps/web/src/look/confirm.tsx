import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ErrorNotice } from './answers.tsx';

interface ConfirmProps {
  title: string;
  /** What happens, and what does not. */
  children: ReactNode;
  /** The words of the button: what it does. */
  action: string;
  /** A word to type first, where what is done cannot be undone. */
  typed?: string;
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is done that takes something away. Shown while it is rendered. */
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
  const [words, setWords] = useState('');
  const isReady = typed === undefined || words === typed;
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
            label={`Type ${typed} to go on`}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
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
