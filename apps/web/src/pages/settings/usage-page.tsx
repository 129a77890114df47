import { Page } from '../../look/page.tsx';

export function WorkspaceUsagePage() {
  return <Page title="Workspace Usage">{null}</Page>;
}
