import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './forms.module.css';
import { CopyText } from '../ui/copy-text.tsx';

interface SecretOnceProps {
  title: string;
  /** Kind of secret, such as "key". */
  what: string;
  secret: string;
  /** What the secret is for and how long it is valid. */
  children: ReactNode;
  onClose: () => void;
}

/**
 * Shows a secret that cannot be retrieved again. Only the button closes the dialog: a stray click or key
 * would lose the secret.
 */
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
      <strong>Copy it now. It will not be shown again.</strong>
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose}>I have copied it</Button>
      </Group>
    </Modal>
  );
}
