import { Page } from '../../look/page.tsx';

export function PipelinePage() {
  return <Page title="Pipeline">{null}</Page>;
}
