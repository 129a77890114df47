import type { LoopDefinition } from '../platform/loops.ts';
import type { TemplateStore } from '../executors/contract/template-store.ts';

const INTERVAL_MS = 15_000;

/** Ends templates that are old, idle, out of date or beyond their memory. */
export function defineTemplatesLoop(templates: TemplateStore): LoopDefinition {
  return {
    name: 'templates',
    intervalMs: INTERVAL_MS,
    firstDelayMs: INTERVAL_MS,
    jitter: 0.2,
    iterate: () => templates.review(),
    failureMessage: 'templates were not reviewed; retried in the next iteration',
    readyWithinMs: null,
  };
}
