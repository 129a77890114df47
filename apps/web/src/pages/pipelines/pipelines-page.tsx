import { Page } from '../../look/page.tsx';

export function PipelinesPage() {
  return <Page title="Pipelines">{null}</Page>;
}
