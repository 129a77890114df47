import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';

interface ActionMenuItemProps {
  /** Why the action is unavailable; null if it is available. Shown below the label. */
  whyNot?: string | null;
  color?: string;
  onClick: () => void;
  children: ReactNode;
}

/** An action in a menu. A disabled action stays in the menu and shows the reason. */
export function ActionMenuItem({ whyNot = null, color, onClick, children }: ActionMenuItemProps) {
  if (whyNot === null) {
    return (
      <Menu.Item {...(color !== undefined && { color })} onClick={onClick}>
        {children}
      </Menu.Item>
    );
  }
  return (
    <Menu.Item aria-disabled closeMenuOnClick={false} maw={280}>
      <span className="quiet">
        {children}
        <br />
        <small>{whyNot}</small>
      </span>
    </Menu.Item>
  );
}
