import { Outlet } from '@tanstack/react-router';
import { SettingsFrame } from '../../layout/settings-frame.tsx';

export function OrganizationLayout() {
  return (
    <SettingsFrame>
      <Outlet />
    </SettingsFrame>
  );
}
