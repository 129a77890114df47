import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './forms.module.css';
import { CopyText } from '../look/copy-text.tsx';

interface SecretOnceProps {
  title: string;
  /** What the secret is, such as "key". */
  what: string;
  secret: string;
  /** What it is good for, and what becomes of it. */
  children: ReactNode;
  onClose: () => void;
}

/** Shows what is known this once. Closes by its button only: a stray click or key would lose it. */
export function SecretOnce({ title, what, secret, children, onClose }: SecretOnceProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      centered
      size="lg"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      {children}
      <div className={classes.secret}>
        <code className={classes.secretText} aria-label={what}>
          {secret}
        </code>
        <CopyText text={secret} label={what} />
      </div>
      <strong>It is shown this once. Copy it now: nobody can look it up later.</strong>
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose}>I have copied it</Button>
      </Group>
    </Modal>
  );
}
