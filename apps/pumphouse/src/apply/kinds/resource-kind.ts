import type { Client } from '@pumphouse/client';
import type { Change } from '../plan/change.ts';
import type { Ids } from './ids.ts';

/** What the steps of an apply work with. */
export interface ApplyContext {
  client: Pick<Client, 'call'>;
  ids: Ids;
  /** The value of a secret, which was read before the first step. */
  secretOf: (reference: string) => string;
}

/** What the command reports after a step, such as the link of an invitation. */
export interface StepResult {
  note?: string;
  secret?: StepSecret;
}

/** A value that the server returns only once, and that only the caller may see. */
export interface StepSecret {
  kind: 'link' | 'signing_secret';
  value: string;
  /** The text before the value, if the value is shown. */
  shown: string;
  /** The text instead of the value, if the value is not shown: how to get another one. */
  hidden: string;
}

/** Makes the change of one resource. */
export type ApplyChange = (context: ApplyContext, change: Change) => Promise<StepResult | void>;
