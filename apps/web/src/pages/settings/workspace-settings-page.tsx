import { Page } from '../../look/page.tsx';

export function WorkspaceSettingsPage() {
  return <Page title="Workspace Settings">{null}</Page>;
}
