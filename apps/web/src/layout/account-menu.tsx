import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { apiBaseUrl, docsUrl } from '../api/base-url.ts';
import { choosePalette, readPalette } from '../ui/palette-choice.ts';
import { MenuItemLink } from '../ui/links.tsx';
import { operation } from '../api/operation.ts';
import { PersonIcon } from '../ui/icons.tsx';
import { ZoneItems } from './zone-items.tsx';
import { SignOutFailure, SignOutItem, useSignOut } from './sign-out-item.tsx';

/** Account menu: email, theme, time zone and sign-out. */
export function AccountMenu() {
  const { data: me } = useSuspenseQuery(operation('get_me'));
  const signingOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Account of ${me.email}`}>
            <PersonIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{me.email}</Menu.Label>
          <MenuItemLink to="/account">Keys and sessions</MenuItemLink>
          <Menu.Item component="a" href={`${apiBaseUrl}/sign-in/account`}>
            Password
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>Theme</Menu.Label>
          {(['auto', 'light', 'dark'] as const).map((scheme) => (
            <Menu.Item key={scheme} onClick={() => setColorScheme(scheme)}>
              {colorScheme === scheme ? '✓ ' : ''}
              {{ auto: 'System', light: 'Light', dark: 'Dark' }[scheme]}
            </Menu.Item>
          ))}
          <Menu.Item
            onClick={() => choosePalette(readPalette() === 'red-green' ? 'blue-orange' : 'red-green')}
          >
            {readPalette() === 'red-green'
              ? 'Use blue and orange for states'
              : 'Use red and green for states'}
          </Menu.Item>
          <Menu.Divider />
          <ZoneItems />
          <Menu.Divider />
          <Menu.Item component="a" href={docsUrl} target="_blank">
            Documentation
          </Menu.Item>
          <Menu.Divider />
          <SignOutItem signingOut={signingOut} />
        </Menu.Dropdown>
      </Menu>
      <SignOutFailure signingOut={signingOut} />
    </>
  );
}
