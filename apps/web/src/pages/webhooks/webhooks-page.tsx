import type { WebhookResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { operation } from '../../api/operation.ts';
import { Outcome } from '../../forms/change-form.tsx';
import { Empty } from '../../ui/answers.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { WebhookSection } from './webhook-section.tsx';

const example = `@job(trigger="webhook:orders")
def take_order(run_context):
    print(run_context["run_args"]["input"])`;

/** URLs with which other systems start jobs. */
export function WebhooksPage() {
  const { whyNot } = useWorkspace();
  const refused = whyNot('webhook.read');
  return refused === null ? <Webhooks /> : <RefusedPage title="Webhooks" reason={refused} />;
}

function Webhooks() {
  const { params } = useWorkspace();
  const { data } = useSuspenseQuery(operation('list_webhooks', { params }));
  const [outcome, setOutcome] = useState<string | null>(null);
  return (
    <Page
      title="Webhooks"
      lead="Other systems start jobs by sending a request to a webhook URL. Anyone with the URL can do so; a signing secret adds protection."
    >
      <Outcome text={outcome} />
      {data.webhooks.length === 0 ? (
        <Section title="Webhooks">
          <Empty title="No webhooks yet">
            Add a webhook trigger to a job and deploy it. Its URL then appears here.
            <CommandLine command={example} />
          </Empty>
        </Section>
      ) : (
        data.webhooks.map((webhook: WebhookResponse) => (
          <WebhookSection key={webhook.id} webhook={webhook} onOutcome={setOutcome} />
        ))
      )}
    </Page>
  );
}
