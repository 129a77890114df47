import { Button, Tooltip, type ButtonProps } from '@mantine/core';
import type { MouseEventHandler, ReactNode } from 'react';

interface ActionButtonProps extends Pick<
  ButtonProps,
  'variant' | 'color' | 'size' | 'loading' | 'leftSection'
> {
  /** Why it cannot be done now; null when it can. A button that is off says so, and stays in reach of the keyboard. */
  whyNot?: string | null | undefined;
  /** Shown on hover where it can be done: a shortcut, a consequence. */
  hint?: string;
  /** Sends the form that it is in. */
  type?: 'submit';
  onClick?: MouseEventHandler<HTMLButtonElement>;
  /** Where the words alone do not say what it is done to, as in a row. */
  'aria-label'?: string;
  children: ReactNode;
}

export function ActionButton({ whyNot = null, hint, onClick, children, ...look }: ActionButtonProps) {
  const reason = whyNot ?? hint;
  const button = (
    <Button
      size="compact-sm"
      variant="default"
      {...look}
      data-disabled={whyNot !== null || undefined}
      aria-disabled={whyNot !== null}
      onClick={(event) => (whyNot === null ? onClick?.(event) : event.preventDefault())}
    >
      {children}
    </Button>
  );
  return reason === undefined ? (
    button
  ) : (
    <Tooltip label={reason} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      {button}
    </Tooltip>
  );
}
