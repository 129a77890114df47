import { useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';

/** Says to owners of the installation how runs get limits, on a machine that does not limit them. */
export function LimitsNote() {
  const { data: access } = useQuery(operation('get_installation_access'));
  const isOwner = access?.is_installation_owner === true;
  const { data: system } = useQuery({ ...operation('get_system'), enabled: isOwner });
  const limits = system?.checks.find(({ id }) => id === 'limits');
  if (limits?.status !== 'warning') return null;
  const lines = [`${limits.title}: ${limits.found}`, ...(limits.next_step ?? '').split('\n')];
  return lines.map((line) => <p key={line}>{line}</p>);
}
