import { useSuspenseQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { formatBytes, formatCount, formatDuration } from '../../look/format.ts';
import { Page, Section } from '../../look/page.tsx';
import table from '../../look/table.module.css';
import { ClockTime } from '../../look/time.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RefusedOrganizationPage } from './refused-page.tsx';
import { kindWords } from './storage-words.ts';

/** What is kept of an organization's runs, and for how long. */
export function StoragePage() {
  const { me, whyNot } = useOrganization();
  const refused = whyNot('organization-storage.read');
  return refused === null ? (
    <Storage />
  ) : (
    <RefusedOrganizationPage title="Storage" reason={refused} role={me.role} />
  );
}

function Storage() {
  const { params } = useOrganization();
  const { data } = useSuspenseQuery(operation('get_organization_storage', { params }));
  return (
    <Page title="Storage" lead="What is kept of this organization, and for how long.">
      <Section title="Kept now">
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col" className="number">
                  How many
                </th>
                <th scope="col" className="number">
                  Size
                </th>
                <th scope="col">Oldest</th>
                <th scope="col">Kept for</th>
                <th scope="col" className="number">
                  Size limit (server-wide)
                </th>
              </tr>
            </thead>
            <tbody>
              {data.kinds.map(({ kind, count, bytes, oldest_at, max_age_seconds, max_bytes }) => (
                <tr key={kind}>
                  <td data-wide="true">
                    {kindWords(kind).name} <span className="quiet">{kindWords(kind).says}</span>
                  </td>
                  <td className="number" data-label="how many">
                    {count === null ? '–' : formatCount(count)}
                  </td>
                  <td className="number" data-label="size">
                    {bytes === null ? '–' : formatBytes(bytes)}
                  </td>
                  <td data-label="oldest">{oldest_at === null ? '–' : <ClockTime at={oldest_at} />}</td>
                  <td data-label="kept for">
                    {max_age_seconds === null ? 'forever' : formatDuration(max_age_seconds)}
                  </td>
                  <td className="number" data-label="at most">
                    {max_bytes === null ? 'no limit' : formatBytes(max_bytes)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <Explanation>
          What is older goes, then the oldest until no more is left than the size. The newest run of each job,
          the newest versions and those that a kept run was made of stay. – is not known for one organization
          alone.
        </Explanation>
      </Section>
      <Section title="Changing it">
        <Explanation>{data.limits_text}</Explanation>
      </Section>
    </Page>
  );
}
