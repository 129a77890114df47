import { Page } from '../../look/page.tsx';

export function WorkspacesPage() {
  return <Page title="Workspaces">{null}</Page>;
}
