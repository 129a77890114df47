import { Page } from '../../look/page.tsx';

export function WorkspaceKeysPage() {
  return <Page title="Workspace Keys">{null}</Page>;
}
