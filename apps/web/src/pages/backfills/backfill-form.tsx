import { createBackfillRequest, type BackfillMode } from '@pumphouse/contract';
import { NumberInput, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import classes from './backfills.module.css';
import { api } from '../../api/api.ts';
import { changedByBackfills } from './backfill-queries.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { describePreview } from './backfill-texts.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { findBodyProblems } from '../../forms/field-problems.ts';
import { formatInstant, formatNoun } from '../../ui/format.ts';
import { operation } from '../../api/operation.ts';
import { OptionSelect } from '../../ui/option-select.tsx';
import { queryClient } from '../../api/query-client.ts';
import { useChange } from '../../forms/use-change.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface BackfillFormProps {
  jobId: string;
  range: { start: string; end: string };
  onCreated: (text: string) => void;
}

const modes: { value: BackfillMode; label: string }[] = [
  { value: 'missing', label: 'Missing windows' },
  { value: 'failed', label: 'Missing and failed windows' },
  { value: 'all', label: 'All windows' },
];
const orders = [
  { value: 'oldest_first', label: 'Oldest first' },
  { value: 'newest_first', label: 'Newest first' },
] as const;

interface FormValues {
  mode: BackfillMode;
  order: 'oldest_first' | 'newest_first';
  chunk_ticks: number;
  parallel: number;
  /** Null: it never pauses because of failures. */
  max_failures: number | null;
  /** Empty: the profile of the job. */
  profile: string;
}

const initial: FormValues = {
  mode: 'missing',
  order: 'oldest_first',
  chunk_ticks: 1,
  parallel: 1,
  max_failures: 3,
  profile: '',
};

/** Form that creates a backfill of the selected days, with a preview that follows its values. */
export function BackfillForm({ jobId, range, onCreated }: BackfillFormProps) {
  const { params, whyNotChange } = useWorkspace();
  const ofJob = { ...params, job_id: jobId };
  const toBody = ({ profile, ...rest }: FormValues) => ({
    ...range,
    ...rest,
    profile: profile === '' ? null : profile,
  });
  const change = useChange({
    initial,
    check: (values) => findBodyProblems(createBackfillRequest, toBody(values)),
    send: (values) => api.call('create_backfill', { params: ofJob, body: toBody(values) }),
    onDone: (created) => {
      onCreated(`Created a backfill of ${formatNoun(created.window_count, 'window')}.`);
      void fetchAnew(queryClient, changedByBackfills);
    },
  });
  const { values, problems } = change;

  const { mode, order, chunk_ticks } = values;
  const reason = whyNotChange('backfill.create');
  const preview = useQuery({
    ...operation('preview_backfill', {
      params: ofJob,
      body: {
        ...range,
        mode,
        order,
        chunk_ticks: Math.max(1, chunk_ticks),
        limit: 1,
        profile: values.profile === '' ? null : values.profile,
      },
    }),
    placeholderData: keepPreviousData,
    enabled: reason === null,
  });
  const isEmpty = preview.data?.window_count === 0;
  return (
    <>
      <p className={classes.preview} role="status">
        {formatInstant(new Date(range.start))} – {formatInstant(new Date(range.end))}.{' '}
        {preview.data
          ? describePreview(preview.data, values.parallel)
          : (preview.error?.message ?? reason ?? '')}
      </p>
      <ChangeForm
        change={change}
        action="Create backfill"
        isRow
        whyNot={reason ?? (isEmpty ? 'The selected days include no window that this mode loads.' : null)}
      >
        <OptionSelect
          label="Load"
          options={modes}
          value={mode}
          onChoose={(chosen) => change.set('mode', chosen)}
        />
        <OptionSelect
          label="Order"
          options={orders}
          value={order}
          onChoose={(chosen) => change.set('order', chosen)}
        />
        <NumberInput
          label="Ticks per window"
          min={1}
          value={chunk_ticks}
          error={problems.chunk_ticks}
          onChange={(value) => change.set('chunk_ticks', Number(value) || 1)}
        />
        <NumberInput
          label="Windows at a time"
          min={1}
          max={1000}
          value={values.parallel}
          error={problems.parallel}
          onChange={(value) => change.set('parallel', Number(value) || 1)}
        />
        <NumberInput
          label="Pause after failures"
          placeholder="never"
          min={1}
          value={values.max_failures ?? ''}
          error={problems.max_failures}
          onChange={(value) => change.set('max_failures', value === '' ? null : Number(value))}
        />
        <TextInput
          label="Profile"
          placeholder="of the job"
          value={values.profile}
          error={problems.profile}
          onChange={(event) => change.set('profile', event.currentTarget.value)}
        />
      </ChangeForm>
    </>
  );
}
