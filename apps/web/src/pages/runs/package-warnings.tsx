import { useQuery } from '@tanstack/react-query';
import { CodeText } from '../../look/code-text.tsx';
import { Notice } from '../../look/notice.tsx';
import { runLife, type RunParams } from './run-queries.ts';

/** Packages in the environment of a run that do not work together, each with the requirement that mends it. */
export function PackageWarnings({ params }: { params: RunParams }) {
  const { data } = useQuery(runLife(params));
  return (data?.package_warnings ?? []).map(({ packages, affected, effect, pin }) => (
    <Notice key={pin + affected}>
      {packages.join(' and ')} do not work together. Affected: <CodeText text={affected} />. There,{' '}
      <CodeText text={effect} />. Add <code>{pin}</code> to your requirements and deploy again.
    </Notice>
  ));
}
