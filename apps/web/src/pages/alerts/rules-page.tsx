import type { AlertRuleResponse } from '@pumphouse/contract';
import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { Outcome } from '../../forms/change-form.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { Empty, ErrorNotice } from '../../ui/answers.tsx';
import { Page, Section } from '../../ui/page.tsx';
import table from '../../ui/table.module.css';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import people from '../people/people.module.css';
import { channelsOf, rulesOf } from './alert-queries.ts';
import { AlertTabs } from './alert-tabs.tsx';
import { describeScope } from './incident-states.ts';
import { labelOfKind } from './rule-values.ts';
import { MuteMenu } from './mute-menu.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { Severity } from './severity.tsx';

const refresh = () => fetchAnew(queryClient, ['list_alert_rules', 'list_alert_incidents']);

/** Rules that open incidents. */
export function AlertRulesPage() {
  const { id, params, whyNot, whyNotChange } = useWorkspace();
  const { data } = useSuspenseQuery(rulesOf(id));
  const [outcome, setOutcome] = useState<string | null>(null);
  const [edited, setEdited] = useState<AlertRuleResponse | 'new' | null>(null);
  const mayReadChannels = whyNot('alert-channel.read') === null;
  const { data: channels } = useQuery({ ...channelsOf(id), enabled: mayReadChannels });
  const whyNotRules = whyNotChange('alert.change-rules');
  const suggest = useMutation({
    mutationFn: async () => {
      // Not what has arrived so far: without their channels, the rules would tell no one.
      const known = mayReadChannels ? await queryClient.ensureQueryData(channelsOf(id)) : null;
      const channelIds = (known?.channels ?? []).map((channel) => channel.id);
      const added = await api.call('add_suggested_alert_rules', {
        params,
        body: { channel_ids: channelIds },
      });
      await refresh();
      return added;
    },
    onSuccess: () => setOutcome('The suggested rules were added. Change or delete what you do not need.'),
  });
  return (
    <Page
      title="Alert rules"
      lead="A rule opens an incident when something needs attention, sends it to channels, and resolves it when it is over."
    >
      <AlertTabs workspaceId={id} />
      <Outcome text={outcome} />
      {suggest.error !== null && <ErrorNotice error={suggest.error} />}
      <Section
        title={`Rules (${data.rules.length})`}
        aside={
          <div className={people.actions}>
            <ActionButton
              whyNot={whyNotRules}
              loading={suggest.isPending}
              hint="Failures, late and long runs, stale data, missing rows and schema changes, sent to all channels."
              onClick={() => suggest.mutate()}
            >
              Add suggested rules
            </ActionButton>
            <ActionButton variant="filled" whyNot={whyNotRules} onClick={() => setEdited('new')}>
              Create rule
            </ActionButton>
          </div>
        }
      >
        {data.rules.length === 0 ? (
          <Empty title="No rules yet">
            Add the suggested rules to learn of failed, late and long runs, or create a rule of your own.
          </Empty>
        ) : (
          <RuleRows
            rules={data.rules}
            channelNames={new Map((channels?.channels ?? []).map((channel) => [channel.id, channel.name]))}
            onEdit={setEdited}
            onOutcome={setOutcome}
          />
        )}
      </Section>
      {edited !== null && (
        <RuleDialog
          rule={edited === 'new' ? null : edited}
          onClose={() => setEdited(null)}
          onSaved={({ name }) => {
            setEdited(null);
            setOutcome(`Rule ${name} saved.`);
          }}
        />
      )}
    </Page>
  );
}

interface RuleRowsProps {
  rules: readonly AlertRuleResponse[];
  /** Empty for members who may not read channels. */
  channelNames: ReadonlyMap<string, string>;
  onEdit: (rule: AlertRuleResponse) => void;
  onOutcome: (text: string) => void;
}

function RuleRows({ rules, channelNames, onEdit, onOutcome }: RuleRowsProps) {
  const { params, whyNotChange } = useWorkspace();
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Severity</th>
            <th scope="col">Covers</th>
            <th scope="col">Sends to</th>
            <th scope="col">Open</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <td data-wide="true">
                {rule.name}
                {!rule.is_enabled && <span className={people.mark}>disabled</span>}
                {rule.is_muted && <span className={people.mark}>muted</span>}
                {rule.name !== labelOfKind(rule.kind) && (
                  <div className="quiet">{labelOfKind(rule.kind)}</div>
                )}
              </td>
              <td>
                <Severity severity={rule.severity} />
              </td>
              <td data-label="covers">{describeScope(rule)}</td>
              <td data-label="sends to">{describeChannels(rule, channelNames)}</td>
              <td data-label="open">{rule.open_incident_count}</td>
              <td>
                <div className={people.actions}>
                  <ActionButton
                    aria-label={`Change rule ${rule.name}`}
                    whyNot={whyNotChange('alert.change-rules')}
                    onClick={() => onEdit(rule)}
                  >
                    Change
                  </ActionButton>
                  <MuteMenu
                    name={`rule ${rule.name}`}
                    isMuted={rule.is_muted}
                    whyNot={whyNotChange('alert.handle')}
                    mute={async (until) => {
                      const at = { ...params, rule_id: rule.id };
                      if (until === undefined) await api.call('unmute_alert_rule', { params: at });
                      else await api.call('mute_alert_rule', { params: at, body: { until } });
                      await refresh();
                    }}
                  />
                  <AskingButton
                    label="Delete"
                    aria-label={`Delete rule ${rule.name}`}
                    whyNot={whyNotChange('alert.change-rules')}
                    question={`Delete rule ${rule.name}?`}
                    act={async () => {
                      await api.call('delete_alert_rule', { params: { ...params, rule_id: rule.id } });
                      await refresh();
                    }}
                    onDone={() => onOutcome(`Rule ${rule.name} deleted.`)}
                  >
                    Its incidents are deleted too, and receivers do not learn that open ones are over.
                  </AskingButton>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function describeChannels(
  { channel_ids: ids }: AlertRuleResponse,
  names: ReadonlyMap<string, string>,
): string {
  if (ids.length === 0) return 'no channel';
  const known = ids.flatMap((id) => names.get(id) ?? []);
  return known.length === 0 ? `${ids.length}` : known.join(', ');
}
