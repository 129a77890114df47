import { Page } from '../../look/page.tsx';

export function RunPage() {
  return <Page title="Run">{null}</Page>;
}
