import type { WebhookResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { operation } from '../../api/operation.ts';
import { Outcome } from '../../forms/change-form.tsx';
import { Empty } from '../../look/answers.tsx';
import { CommandLine } from '../../look/copy-text.tsx';
import { Page, Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RefusedPage } from '../workspaces/refused-page.tsx';
import { WebhookSection } from './webhook-section.tsx';

const example = `@job(trigger="webhook:orders")
def take_order(run_context):
    print(run_context["run_args"]["input"])`;

/** The addresses at which other systems start jobs. */
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
      lead="Other systems start jobs by sending a request to an address. Whoever knows the address can; a signing secret makes that safer."
    >
      <Outcome text={outcome} />
      {data.webhooks.length === 0 ? (
        <Section title="No webhook yet">
          <Empty title="No job of this workspace listens to a webhook">
            Give a job such a trigger and deploy it; its address stands here then.
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
