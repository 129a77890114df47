import { Button, Menu, type ButtonProps, type ElementProps, type MenuItemProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { RefAttributes } from 'react';

type AnchorProps<Own> = Own & ElementProps<'a', keyof Own & string> & RefAttributes<HTMLAnchorElement>;

/** Link to a page of the console that looks like a button. */
export const ButtonLink = createLink((props: AnchorProps<ButtonProps>) => (
  <Button component="a" {...props} />
));

/** Menu item that opens a page of the console. */
export const MenuItemLink = createLink((props: AnchorProps<MenuItemProps>) => (
  <Menu.Item component="a" {...props} />
));
