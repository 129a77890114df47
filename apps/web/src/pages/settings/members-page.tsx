import { Page } from '../../look/page.tsx';

export function WorkspaceMembersPage() {
  return <Page title="Workspace Members">{null}</Page>;
}
