import type { AlertPreviewResponse, AlertRuleResponse } from '@pumphouse/contract';
import { Button, Checkbox, Chip, Group, Modal, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm } from '../../forms/change-form.tsx';
import { useChange, type Change } from '../../forms/use-change.ts';
import { ErrorNotice } from '../../ui/answers.tsx';
import { OptionSelect } from '../../ui/option-select.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { channelsOf } from './alert-queries.ts';
import {
  emptyRule,
  hasScope,
  numberFields,
  reminderChoices,
  ruleKinds,
  toRuleRequest,
  toRuleValues,
  type RuleValues,
} from './rule-values.ts';
import { viewersZone } from '../../ui/time-zone.ts';

interface RuleDialogProps {
  /** Null creates a rule. */
  rule: AlertRuleResponse | null;
  onClose: () => void;
  onSaved: (saved: AlertRuleResponse) => void;
}

const severities = [
  { value: '', label: 'Default of the kind' },
  { value: 'info', label: 'Info' },
  { value: 'warning', label: 'Warning' },
  { value: 'critical', label: 'Critical' },
] as const;
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Maps names of the API to fields of the form. */
const fieldNames: Record<string, keyof RuleValues> = {
  'conditions.after_seconds': 'after_minutes',
  'conditions.failures_in_row': 'failures_in_row',
  'conditions.times_usual': 'times_usual',
  'conditions.deviations': 'deviations',
  'conditions.percent': 'percent',
  'quiet_hours.time_zone': 'timeZone',
};

/** Dialog that creates or changes a rule, and shows what it would have reported. */
export function RuleDialog({ rule, onClose, onSaved }: RuleDialogProps) {
  const { id, params } = useWorkspace();
  const { data: channels } = useQuery(channelsOf(id));
  const change = useChange({
    initial: rule ? toRuleValues(rule, viewersZone) : emptyRule(viewersZone),
    check: ({ name }) => (name.trim() === '' ? [{ key: 'name', message: 'is required' }] : []),
    fieldOf: (key) => fieldNames[key] ?? key,
    send: (values) => {
      const body = toRuleRequest(values, rule);
      return rule
        ? api.call('replace_alert_rule', { params: { ...params, rule_id: rule.id }, body })
        : api.call('create_alert_rule', { params, body });
    },
    onDone: (saved) => {
      void fetchAnew(queryClient, ['list_alert_rules', 'list_alert_incidents', 'get_job_alerts']);
      onSaved(saved);
    },
  });
  const { kind } = change.values;
  return (
    <Modal opened onClose={onClose} title={rule ? `Change ${rule.name}` : 'Create rule'} size="lg" centered>
      <ChangeForm change={change} action={rule ? 'Save' : 'Create rule'} aside={<Preview change={change} />}>
        <OptionSelect
          label="Alert when"
          description={ruleKinds.find(({ value }) => value === kind)?.lead}
          options={ruleKinds}
          value={kind}
          onChoose={(chosen) => change.set('kind', chosen)}
        />
        <Field change={change} field="name" label="Name" />
        {numberFields[kind]?.map(({ field, label, placeholder }) => (
          <Field key={field} change={change} field={field} label={label} placeholder={placeholder} />
        ))}
        {hasScope(kind) && <ScopeFields change={change} />}
        <MultiSelect
          label="Send to"
          description={
            channels?.channels.length === 0
              ? 'There are no channels yet: incidents are only shown here.'
              : 'Without a channel, incidents are only shown here.'
          }
          data={(channels?.channels ?? []).map(({ id: value, name: label }) => ({ value, label }))}
          value={change.values.channelIds}
          onChange={(ids) => change.set('channelIds', ids)}
          comboboxProps={{ withinPortal: true }}
        />
        <Group grow align="start">
          <OptionSelect
            label="Severity"
            options={severities}
            value={change.values.severity}
            onChoose={(severity) => change.set('severity', severity)}
          />
          <OptionSelect
            label="Remind while it is open"
            options={reminderChoices}
            value={change.values.reminderSeconds}
            onChoose={(seconds) => change.set('reminderSeconds', seconds)}
          />
        </Group>
        <QuietHours change={change} />
        <Checkbox
          label="Enabled"
          checked={change.values.isEnabled}
          onChange={(event) => change.set('isEnabled', event.currentTarget.checked)}
        />
      </ChangeForm>
    </Modal>
  );
}

interface PartProps {
  change: Change<RuleValues>;
}

type TextField = {
  [Key in keyof RuleValues]: RuleValues[Key] extends string ? Key : never;
}[keyof RuleValues];

function Field({
  change,
  field,
  ...look
}: PartProps & {
  field: Exclude<TextField, 'kind' | 'severity'>;
  label: string;
  placeholder?: string;
  description?: string;
}) {
  return (
    <TextInput
      {...look}
      autoComplete="off"
      spellCheck={false}
      value={change.values[field]}
      error={change.problems[field]}
      onChange={(event) => change.set(field, event.currentTarget.value)}
    />
  );
}

/** Which jobs and pipelines the rule covers. */
function ScopeFields({ change }: PartProps) {
  return (
    <Stack gap="xs">
      <Text size="sm" className="quiet">
        Leave these empty to cover all jobs. Otherwise the rule covers what matches any of them.
      </Text>
      <Field change={change} field="jobPatterns" label="Jobs" placeholder="jobs.sales.*, jobs.load" />
      <Group grow align="start">
        <Field change={change} field="tags" label="Tags" placeholder="nightly" />
        <Field change={change} field="pipelineNames" label="Pipelines" placeholder="orders" />
      </Group>
    </Stack>
  );
}

function QuietHours({ change }: PartProps) {
  const { values } = change;
  return (
    <Stack gap="xs">
      <Checkbox
        label="Quiet hours: messages wait until they end"
        checked={values.isQuiet}
        onChange={(event) => change.set('isQuiet', event.currentTarget.checked)}
      />
      {values.isQuiet && (
        <>
          <Chip.Group
            multiple
            value={values.quietWeekdays.map(String)}
            onChange={(days) =>
              change.set(
                'quietWeekdays',
                days.map(Number).toSorted((one, other) => one - other),
              )
            }
          >
            <Group gap={4} role="group" aria-label="Weekdays on which quiet hours begin">
              {weekdays.map((day, index) => (
                <Chip key={day} size="xs" value={String(index + 1)}>
                  {day}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <Group grow align="start">
            <Field change={change} field="quietFrom" label="From" placeholder="22:00" />
            <Field change={change} field="quietTo" label="To" placeholder="07:00" />
            <Field change={change} field="timeZone" label="Time zone" placeholder="Europe/Berlin" />
          </Group>
          <Checkbox
            label="Hold critical messages too"
            checked={values.holdsCritical}
            onChange={(event) => change.set('holdsCritical', event.currentTarget.checked)}
          />
        </>
      )}
    </Stack>
  );
}

/** Shows what the rule would have reported within the last days. */
function Preview({ change }: PartProps) {
  const { params } = useWorkspace();
  const preview = useMutation({
    mutationFn: () => {
      const { values } = change;
      const body = toRuleRequest(
        { ...values, name: values.name.trim() === '' ? 'Preview' : values.name },
        null,
      );
      return api.call('preview_alert_rule', { params, body });
    },
  });
  return (
    <>
      <Button
        size="compact-md"
        variant="default"
        loading={preview.isPending}
        onClick={() => preview.mutate()}
      >
        Preview
      </Button>
      {preview.error !== null && <ErrorNotice error={preview.error} />}
      <div role="status">{preview.data && <PreviewResult preview={preview.data} />}</div>
    </>
  );
}

function PreviewResult({ preview }: { preview: AlertPreviewResponse }) {
  if (!preview.is_available)
    return (
      <Text size="sm">There is no preview for this kind: it depends on states that are not recorded.</Text>
    );
  const count = `${preview.incident_count}${preview.is_truncated ? ' or more' : ''}`;
  return (
    <>
      <Text size="sm">
        It would have reported {count} {preview.incident_count === 1 ? 'incident' : 'incidents'} in the last{' '}
        {preview.days} days.
      </Text>
      <ul>
        {preview.incidents.slice(0, 5).map(({ title, at, subject }) => (
          <li key={`${subject} ${at}`}>
            {title}, <Time at={at} />
          </li>
        ))}
      </ul>
    </>
  );
}
