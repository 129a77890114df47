import type { EventSubscriptionResponse, EventSubscriptionSecretResponse } from '@pumphouse/contract';
import { Modal, Textarea, TextInput } from '@mantine/core';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { SecretAddressInput } from '../../deliveries/secret-address-input.tsx';
import { ChangeForm } from '../../forms/change-form.tsx';
import { useChange, type Change } from '../../forms/use-change.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { EventTypesInput } from './event-types-input.tsx';
import {
  emptySubscription,
  toCreateRequest,
  toUpdateRequest,
  toValues,
  type SubscriptionValues,
} from './subscription-values.ts';

interface SubscriptionDialogProps {
  /** Null creates a subscription. */
  subscription: EventSubscriptionResponse | null;
  onClose: () => void;
  onCreated: (created: EventSubscriptionSecretResponse) => void;
  onChanged: (changed: EventSubscriptionResponse) => void;
}

/** Dialog that creates or changes an event subscription. */
export function SubscriptionDialog(props: SubscriptionDialogProps) {
  const { subscription, onClose, onCreated, onChanged } = props;
  const { params } = useWorkspace();
  const change = useChange({
    initial: subscription ? toValues(subscription) : emptySubscription,
    send: async (values) => {
      if (subscription) {
        const at = { ...params, subscription_id: subscription.id };
        const body = toUpdateRequest(values, subscription);
        const changed = await api.call('update_event_subscription', { params: at, body });
        return () => onChanged(changed);
      }
      const body = toCreateRequest(values);
      const created = await api.call('create_event_subscription', { params, body });
      return () => onCreated(created);
    },
    fieldOf: (key) => key.replace(/^scope\./, '').replace(/\..*$/, ''),
    onDone: (report) => {
      void fetchAnew(queryClient, ['list_event_subscriptions']);
      report();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={subscription ? `Change ${subscription.name}` : 'Create subscription'}
      centered
      size="lg"
    >
      <ChangeForm change={change} action={subscription ? 'Save' : 'Create subscription'}>
        <Fields change={change} isNew={subscription === null} />
      </ChangeForm>
    </Modal>
  );
}

function Fields({ change, isNew }: { change: Change<SubscriptionValues>; isNew: boolean }) {
  const { values, problems, set } = change;
  const onCreation = isNew ? ' The signing secret is shown after you create the subscription.' : '';
  return (
    <>
      <TextInput
        label="Name"
        autoComplete="off"
        data-autofocus
        value={values.name}
        error={problems.name}
        onChange={(event) => set('name', event.currentTarget.value)}
      />
      <TextInput
        label="Description"
        autoComplete="off"
        value={values.description}
        error={problems.description}
        onChange={(event) => set('description', event.currentTarget.value)}
      />
      <SecretAddressInput
        label="URL"
        description={`Gets a signed CloudEvent for each event.${onCreation}`}
        isStored={!isNew}
        value={values.url}
        error={problems.url}
        onChange={(url) => set('url', url)}
      />
      <EventTypesInput
        value={values.event_types}
        error={problems.event_types}
        onChange={(types) => set('event_types', types)}
      />
      <ListField
        label="Jobs"
        description="Patterns of job refs, one on each line. Without jobs, tags and pipelines, all events are sent."
        name="job_patterns"
        change={change}
      />
      <ListField label="Tags" description="One on each line." name="tags" change={change} />
      <ListField label="Pipelines" description="One on each line." name="pipeline_names" change={change} />
    </>
  );
}

function ListField({
  label,
  description,
  name,
  change: { values, problems, set },
}: {
  label: string;
  description: string;
  name: 'job_patterns' | 'tags' | 'pipeline_names';
  change: Change<SubscriptionValues>;
}) {
  return (
    <Textarea
      label={label}
      description={description}
      autosize
      minRows={1}
      spellCheck={false}
      value={values[name]}
      error={problems[name]}
      onChange={(event) => set(name, event.currentTarget.value)}
    />
  );
}
