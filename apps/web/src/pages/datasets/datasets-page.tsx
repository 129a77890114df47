import { Page } from '../../look/page.tsx';

export function DatasetsPage() {
  return <Page title="Datasets">{null}</Page>;
}
