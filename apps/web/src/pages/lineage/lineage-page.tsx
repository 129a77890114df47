import LineageView from './lineage-view.tsx';
import { Page } from '../../ui/page.tsx';

/** The lineage of the whole workspace. */
export function LineagePage() {
  return (
    <Page title="Lineage" lead="What ran, what it loaded, and what is affected by a failure">
      <LineageView />
    </Page>
  );
}
