import type { SystemResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { SettingsFrame } from '../../layout/settings-frame.tsx';
import { whyNot } from '../../permissions/permissions.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Empty } from '../../ui/answers.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { DetailList, Page, Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { CheckRows } from './check-rows.tsx';
import { splitChecks, summarizeChecks } from './check-texts.ts';
import { ErrorRows, LoopRows, StorageRows, WorkerRows } from './system-tables.tsx';

/** The server that answers and the installation, for owners of the installation. */
export function SystemPage() {
  const { data: access } = useSuspenseQuery(operation('get_installation_access'));
  const roles = { organization: null, workspace: null, ownsInstallation: access.is_installation_owner };
  const refused = whyNot('system.read', roles);
  return (
    <SettingsFrame>
      {refused === null ? (
        <System />
      ) : (
        <Page title="System">
          <Section title="No access">
            <Empty title={refused}>Ask the operator of this server.</Empty>
          </Section>
        </Page>
      )}
    </SettingsFrame>
  );
}

function System() {
  const { data } = useSuspenseQuery(operation('get_system'));
  const [isChecking, setChecking] = useState(false);
  const checkAgain = async () => {
    setChecking(true);
    await fetchAnew(queryClient, ['get_system']).finally(() => setChecking(false));
  };
  return (
    <Page
      title="System"
      lead={
        <>
          {summarizeChecks(data.checks)} on {data.server.host_name}. Checked <Time at={data.checked_at} />.
        </>
      }
      actions={
        <ActionButton
          loading={isChecking}
          hint="Results are kept for 15 seconds."
          onClick={() => void checkAgain()}
        >
          Check again
        </ActionButton>
      }
    >
      <Checks checks={data.checks} />
      <Server system={data} />
      <Section title="Recent warnings and errors">
        <ErrorRows errors={data.recent_errors} />
      </Section>
      <Section title={`Loops (${data.loops.length})`}>
        <LoopRows loops={data.loops} />
      </Section>
      <Section title={`Workers (${data.workers.length})`}>
        <WorkerRows workers={data.workers} />
      </Section>
      <Section title="Stored data of all organizations">
        <StorageRows storage={data.storage} />
      </Section>
    </Page>
  );
}

function Checks({ checks }: Pick<SystemResponse, 'checks'>) {
  const { all = false } = useSearch({ from: '/signed-in/system' });
  const { urgent, others } = splitChecks(checks);
  const shown = all ? [...urgent, ...others] : urgent;
  return (
    <Section
      title={all ? `All checks (${checks.length})` : 'Needs attention'}
      aside={
        <Link to="/system" search={{ all: all ? undefined : true }} resetScroll={false}>
          {all ? 'Show only problems and warnings' : `Show all ${checks.length} checks`}
        </Link>
      }
    >
      {shown.length === 0 ? (
        <Empty title="No problems found">
          {others.length} checks of this server and its machine passed or do not apply.
        </Empty>
      ) : (
        <CheckRows checks={shown} />
      )}
    </Section>
  );
}

function Server({ system }: { system: SystemResponse }) {
  const { server, servers, executor, database, disk, runs } = system;
  return (
    <Section title="Server">
      <DetailList
        items={[
          ['Ready', system.is_ready ? 'Yes' : 'No'],
          ...(system.problems.length === 0 ? [] : [['Reported', system.problems.join('. ')] as const]),
          ['Version', server.version],
          ['Node.js', server.node_version],
          ['Host', server.host_name],
          ['URL', server.url],
          ['Roles', server.roles.join(', ')],
          ['Started', <Time key="started" at={server.started_at} />],
          ['Executor', `${executor.name}: ${executor.detail}`],
          ['Runs', runs === null ? 'unknown' : describeRuns(runs)],
          ['Database', `Postgres ${database.version}, ${formatBytes(database.size_bytes)}`],
          [
            'Disk',
            disk === null
              ? 'unknown'
              : `${formatBytes(disk.free_bytes)} of ${formatBytes(disk.size_bytes)} free`,
          ],
          [
            `Servers (${servers.length})`,
            servers
              .map(({ host_name, pid }) => (pid === null ? host_name : `${host_name} (${pid})`))
              .join(', '),
          ],
          ['Installation', system.installation_id],
        ]}
      />
    </Section>
  );
}

function describeRuns({ active, pending, unknown }: NonNullable<SystemResponse['runs']>): string {
  const parts = [`${formatCount(active)} active`, `${formatCount(pending)} pending`];
  return [...parts, ...(unknown > 0 ? [`${formatCount(unknown)} unknown`] : [])].join(', ');
}
