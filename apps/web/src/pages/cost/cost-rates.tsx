import { costRatesRequest, type CostRatesResponse } from '@pumphouse/contract';
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
import { useNow } from '../../ui/time.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RateHistory } from './rate-history.tsx';
import classes from './cost.module.css';
import { readPrice } from './read-price.ts';

const sizes = ['small', 'medium', 'large', 'xlarge'] as const;

type Values = Record<(typeof sizes)[number] | 'currency' | 'starts_on', string>;

/** The prices of an hour of each size: what counts, and since when. */
export function CostRates() {
  const { params, whyNot } = useOrganization();
  const { data } = useQuery(operation('get_cost_rates', { params }));
  const today = new Date(useNow(3600)).toISOString().slice(0, 'YYYY-MM-DD'.length);
  const [outcome, setOutcome] = useState<string | null>(null);
  if (!data) return null;
  const refused = whyNot('cost-rates.update');
  async function refresh(text: string): Promise<void> {
    await fetchAnew(queryClient, ['get_cost_rates', 'get_organization_cost', 'get_workspace_cost']);
    setOutcome(text);
  }
  return (
    <Section title="Rates">
      {/* The key resets the form when the rates change. */}
      <RatesForm
        key={JSON.stringify(data.rates)}
        rates={data.rates}
        today={today}
        refused={refused}
        outcome={outcome}
        onSaved={() => refresh('Saved. Earlier days keep their rates.')}
      />
      <RateHistory
        rates={data.rates}
        today={today}
        refused={refused}
        onRemoved={(startsOn) => refresh(`Removed the rates from ${startsOn}.`)}
      />
    </Section>
  );
}

interface RatesFormProps {
  rates: CostRatesResponse['rates'];
  /** UTC. */
  today: string;
  refused: string | null;
  outcome: string | null;
  onSaved: () => Promise<void>;
}

function RatesForm({ rates, today, refused, outcome, onSaved }: RatesFormProps) {
  const { params } = useOrganization();
  const latest = rates.at(-1);
  const initial: Values = {
    currency: latest?.currency ?? 'EUR',
    starts_on: today,
    small: latest?.hourly_prices.small?.toString() ?? '',
    medium: latest?.hourly_prices.medium?.toString() ?? '',
    large: latest?.hourly_prices.large?.toString() ?? '',
    xlarge: latest?.hourly_prices.xlarge?.toString() ?? '',
  };
  const change = useChange({
    initial,
    check: (values) =>
      findBodyProblems(costRatesRequest, toBody(values)).map(({ key, message }) => {
        const field = key.replace('hourly_prices.', '');
        if (field === 'currency') return { key: field, message };
        if (field === 'starts_on') return { key: field, message: 'must be a day' };
        return { key: field, message: 'must be a number, or empty for no price' };
      }),
    send: (values) => api.call('set_cost_rates', { params, body: toBody(values) }),
    onDone: () => void onSaved(),
  });
  const { values, problems, set } = change;
  const nothing = change.isChanged ? null : 'No changes to save.';
  const field = (name: keyof Values) => ({
    readOnly: refused !== null,
    value: values[name],
    error: problems[name],
    onChange: (event: { currentTarget: { value: string } }) => set(name, event.currentTarget.value),
  });
  return (
    <ChangeForm
      change={change}
      action="Save rates"
      whyNot={refused ?? nothing}
      aside={<Outcome text={change.isChanged ? null : outcome} />}
    >
      <div className={classes.rates}>
        <TextInput
          label="Currency"
          description="Three letters"
          {...field('currency')}
          onChange={(event) => set('currency', event.currentTarget.value.trim().toUpperCase())}
        />
        {sizes.map((size) => (
          <TextInput
            key={size}
            label={`Price of an hour, ${size}`}
            description="Empty: no price"
            inputMode="decimal"
            {...field(size)}
          />
        ))}
        <TextInput type="date" label="First day" description="UTC" {...field('starts_on')} />
      </div>
    </ChangeForm>
  );
}

function toBody({ currency, starts_on, ...prices }: Values) {
  return {
    currency,
    starts_on,
    hourly_prices: {
      small: readPrice(prices.small),
      medium: readPrice(prices.medium),
      large: readPrice(prices.large),
      xlarge: readPrice(prices.xlarge),
    },
  };
}
