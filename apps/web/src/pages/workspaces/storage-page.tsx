import type { OrganizationStorageResponse } from '@pumphouse/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { formatBytes, formatCount, formatDuration } from '../../ui/format.ts';
import { Page, Section } from '../../ui/page.tsx';
import table from '../../ui/table.module.css';
import { ClockTime } from '../../ui/time.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RefusedOrganizationPage } from './refused-page.tsx';
import { describeBytes, describeKind } from './storage-texts.ts';

/** Stored data of an organization and its retention. */
export function StoragePage() {
  const { me, whyNot } = useOrganization();
  const refused = whyNot('organization-storage.read');
  return refused === null ? (
    <Storage />
  ) : (
    <RefusedOrganizationPage title="Storage" reason={refused} role={me.role} />
  );
}

/** Processes from which runs are forked: memory, not disk, but the same question of what is in use. */
function Templates({ templates }: Pick<OrganizationStorageResponse, 'templates'>) {
  return (
    <>
      {templates.length > 0 && (
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Workspace</th>
                <th scope="col">Profile</th>
                <th scope="col" className="number">
                  Runs
                </th>
                <th scope="col" className="number">
                  Memory
                </th>
                <th scope="col">Started</th>
                <th scope="col">Last used</th>
              </tr>
            </thead>
            <tbody>
              {templates.map((template) => (
                <tr key={`${template.workspace_id} ${template.profile} ${template.started_at}`}>
                  <td data-wide="true">{template.workspace_name}</td>
                  <td data-label="profile">{template.profile}</td>
                  <td className="number" data-label="runs">
                    {formatCount(template.runs)}
                  </td>
                  <td className="number" data-label="memory">
                    {formatBytes(template.memory_bytes)}
                  </td>
                  <td data-label="started">
                    <ClockTime at={template.started_at} />
                  </td>
                  <td data-label="last used">
                    <ClockTime at={template.last_used_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Explanation>
        {templates.length === 0 && 'None is running. '}A template is a process with dlt already imported, from
        which this server starts the runs of a workspace and profile faster. It starts with the second run
        within an hour, and ends when it has been idle for 10 minutes.
      </Explanation>
    </>
  );
}

function Storage() {
  const { params } = useOrganization();
  const { data } = useSuspenseQuery(operation('get_organization_storage', { params }));
  return (
    <Page title="Storage" lead="Stored data of this organization and its retention.">
      <Section title="Stored data">
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Data</th>
                <th scope="col" className="number">
                  Count
                </th>
                <th scope="col" className="number">
                  Size
                </th>
                <th scope="col">Oldest</th>
                <th scope="col">Retention</th>
                <th scope="col" className="number">
                  Size limit (server-wide)
                </th>
              </tr>
            </thead>
            <tbody>
              {data.kinds.map(({ kind, count, bytes, oldest_at, max_age_seconds, max_bytes }) => (
                <tr key={kind}>
                  <td data-wide="true">
                    {describeKind(kind).name} <span className="quiet">{describeKind(kind).description}</span>
                  </td>
                  <td className="number" data-label="count">
                    {count === null ? '–' : formatCount(count)}
                  </td>
                  <td className="number" data-label="size">
                    {describeBytes({ kind, count, bytes })}
                  </td>
                  <td data-label="oldest">{oldest_at === null ? '–' : <ClockTime at={oldest_at} />}</td>
                  <td data-label="retention">
                    {max_age_seconds === null ? 'Forever' : formatDuration(max_age_seconds)}
                  </td>
                  <td className="number" data-label="size limit">
                    {max_bytes === null ? 'no limit' : formatBytes(max_bytes)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <Explanation>
          Data past its retention is deleted first, then the oldest data until the size limit is met. The
          newest run of each job, the newest versions and the versions of retained runs are always kept. –
          means that the value is not known per organization.
        </Explanation>
      </Section>
      <Section title="Change retention">
        <Explanation>{data.limits_text}</Explanation>
      </Section>
      <Section title="Templates">
        <Templates templates={data.templates} />
      </Section>
    </Page>
  );
}
