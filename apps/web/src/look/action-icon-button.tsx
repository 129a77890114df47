import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

interface ActionIconButtonProps {
  /** What it does, and to what: "Run shop_orders". */
  label: string;
  icon: ReactNode;
  /** Why it cannot be done now; null when it can. */
  whyNot?: string | null;
  loading?: boolean;
  onClick: () => void;
}

/** An action where a row has no room for words. They stand in the tooltip, or why it cannot be done. */
export function ActionIconButton({
  label,
  icon,
  whyNot = null,
  loading = false,
  onClick,
}: ActionIconButtonProps) {
  return (
    <Tooltip
      label={whyNot === null ? label : `${label}: ${whyNot}`}
      multiline
      maw={320}
      events={{ hover: true, focus: true, touch: true }}
    >
      <ActionIcon
        variant="subtle"
        color="gray"
        size="md"
        aria-label={label}
        data-disabled={whyNot !== null || undefined}
        aria-disabled={whyNot !== null}
        loading={loading}
        onClick={() => whyNot === null && onClick()}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
