import { useQuery } from '@tanstack/react-query';
import { operation } from '../api/operation.ts';

/** Says whose permissions decide. A person may have several accounts. */
export function SignedInAs() {
  const { data: me } = useQuery(operation('get_me'));
  return me && <>You are signed in as {me.email}.</>;
}
