import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

interface ActionIconButtonProps {
  /** Action and target: "Run shop_orders". */
  label: string;
  icon: ReactNode;
  /** Why the action is unavailable; null if it is available. */
  whyNot?: string | null;
  loading?: boolean;
  onClick: () => void;
}

/**
 * An icon button for rows without room for a label. The tooltip shows the label and why the action is
 * unavailable.
 */
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
