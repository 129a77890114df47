import { Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';
import { rememberWorkspace } from './last-workspace.ts';
import { useLiveWorkspace } from '../live/live.ts';
import { useWorkspace } from './use-workspace.ts';

/** Layout of all pages of a workspace. Subscribes to its live updates. */
export function WorkspaceLayout() {
  const { id } = useWorkspace();
  useLiveWorkspace(id);
  useEffect(() => rememberWorkspace(id), [id]);
  return <Outlet />;
}
