import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';

interface ActionMenuItemProps {
  /** Why it cannot be done now; null when it can. It is said below the words of the item. */
  whyNot?: string | null;
  color?: string;
  onClick: () => void;
  children: ReactNode;
}

/** An action in a menu. One that is off stays in the menu and says why. */
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
