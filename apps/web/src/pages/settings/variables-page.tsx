import { Page } from '../../look/page.tsx';

export function VariablesPage() {
  return <Page title="Variables">{null}</Page>;
}
