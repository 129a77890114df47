import { Page } from '../../look/page.tsx';

export function DatasetPage() {
  return <Page title="Dataset">{null}</Page>;
}
