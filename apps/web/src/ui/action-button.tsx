import { Button, Tooltip, type ButtonProps } from '@mantine/core';
import type { MouseEventHandler, ReactNode } from 'react';

interface ActionButtonProps extends Pick<
  ButtonProps,
  'variant' | 'color' | 'size' | 'loading' | 'leftSection'
> {
  /**
   * Why the action is unavailable; null if it is available. A disabled button shows the reason and stays
   * focusable.
   */
  whyNot?: string | null | undefined;
  /** Tooltip of an enabled button: a shortcut or a consequence. */
  hint?: string;
  /** Submits the surrounding form. */
  type?: 'submit';
  onClick?: MouseEventHandler<HTMLButtonElement>;
  /** Names the target if the label alone does not, as in a table row. */
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
