import { Outlet } from '@tanstack/react-router';
import { SettingsFrame } from '../../layout/settings-frame.tsx';

export function SettingsLayout() {
  return (
    <SettingsFrame>
      <Outlet />
    </SettingsFrame>
  );
}
