import type { WorkerTokenResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Outcome } from '../../forms/change-form.tsx';
import { Empty } from '../../ui/answers.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RefusedOrganizationPage } from '../workspaces/refused-page.tsx';
import { NewWorker } from './new-worker.tsx';
import { WorkerRows } from './worker-rows.tsx';
import { WorkerToken } from './worker-token.tsx';
import { workersOf } from './workers-query.ts';

/** Machines that run jobs of the organization for this server. */
export function WorkersPage() {
  const { me, whyNot } = useOrganization();
  const refused = whyNot('worker.list');
  return refused === null ? (
    <Workers />
  ) : (
    <RefusedOrganizationPage title="Workers" reason={refused} role={me.role} />
  );
}

function Workers() {
  const { id } = useOrganization();
  const { data } = useSuspenseQuery(workersOf(id));
  const [outcome, setOutcome] = useState<string | null>(null);
  const [created, setCreated] = useState<WorkerTokenResponse | null>(null);
  return (
    <Page
      title="Workers"
      lead="A worker runs jobs on another machine, such as one behind a firewall or with special hardware. It connects to this server, and needs no database."
    >
      <Outcome text={outcome} />
      <NewWorker onCreated={setCreated} />
      <Section title={`Workers (${data.workers.length})`}>
        {data.workers.length === 0 ? (
          <Empty title="No workers yet">
            Runs execute on the machines of the server. Create a worker above to use another machine.
          </Empty>
        ) : (
          <WorkerRows workers={data.workers} onOutcome={setOutcome} onToken={setCreated} />
        )}
      </Section>
      {created && <WorkerToken created={created} onClose={() => setCreated(null)} />}
    </Page>
  );
}
