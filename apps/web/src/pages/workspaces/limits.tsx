import { organizationLimitsRequest, type OrganizationLimitsResponse } from '@pumphouse/contract';
import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Outcome } from '../../forms/change-form.tsx';
import { findBodyProblems } from '../../forms/field-problems.ts';
import { useChange } from '../../forms/use-change.ts';
import { Section } from '../../ui/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { readLimit } from './read-limit.ts';

/** Limits for the runs of an organization. */
export function Limits() {
  const { params } = useOrganization();
  const { data } = useQuery(operation('get_organization_limits', { params }));
  if (!data) return null;
  // The key resets the form if another user changes the limits.
  return <LimitsForm key={`${data.concurrent_runs} ${data.minutes_a_month}`} limits={data} />;
}

function LimitsForm({ limits }: { limits: OrganizationLimitsResponse }) {
  const { params, whyNot } = useOrganization();
  const [outcome, setOutcome] = useState<string | null>(null);
  const refused = whyNot('organization-limits.update');
  const change = useChange({
    initial: {
      concurrent_runs: limits.concurrent_runs?.toString() ?? '',
      minutes_a_month: limits.minutes_a_month?.toString() ?? '',
    },
    check: (values) =>
      findBodyProblems(organizationLimitsRequest, toBody(values)).map(({ key }) => ({
        key,
        message: 'must be a whole number, or empty for no limit',
      })),
    send: (values) => api.call('set_organization_limits', { params, body: toBody(values) }),
    onDone: () => {
      setOutcome('Saved. The limits apply to new starts.');
      void fetchAnew(queryClient, [
        'get_organization_limits',
        'get_organization_usage',
        'get_workspace_usage',
      ]);
    },
  });
  const nothing = change.isChanged ? null : 'No changes to save.';
  return (
    <Section title="Limits">
      <ChangeForm
        change={change}
        action="Save"
        isRow
        whyNot={refused ?? nothing}
        aside={<Outcome text={change.isChanged ? null : outcome} />}
      >
        <TextInput
          label="Concurrent runs"
          description="Further starts wait or are skipped, depending on the job. Empty: no limit."
          inputMode="numeric"
          readOnly={refused !== null}
          value={change.values.concurrent_runs}
          error={change.problems.concurrent_runs}
          onChange={(event) => change.set('concurrent_runs', event.currentTarget.value)}
        />
        <TextInput
          label="Run minutes per month"
          description="Per calendar month (UTC). When they are used up, nothing starts until the next month. Empty: no limit."
          inputMode="numeric"
          readOnly={refused !== null}
          value={change.values.minutes_a_month}
          error={change.problems.minutes_a_month}
          onChange={(event) => change.set('minutes_a_month', event.currentTarget.value)}
        />
      </ChangeForm>
    </Section>
  );
}

function toBody(values: { concurrent_runs: string; minutes_a_month: string }) {
  return {
    concurrent_runs: readLimit(values.concurrent_runs),
    minutes_a_month: readLimit(values.minutes_a_month),
  };
}
