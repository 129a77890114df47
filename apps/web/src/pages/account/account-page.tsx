import { Page } from '../../look/page.tsx';

export function AccountPage() {
  return <Page title="Account">{null}</Page>;
}
