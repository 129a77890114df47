import { Page } from '../../look/page.tsx';

export function StoragePage() {
  return <Page title="Storage">{null}</Page>;
}
