import type { Step } from './walk-step.ts';
import { enter } from './walk-step.ts';

/** Alert rules and incidents. */
export function alertIncidents(): Step[] {
  const missing = '00000000-0000-4000-8000-000000000000';
  return [
    { command: 'alert list', text: /no open incidents|^\[\]/ },
    {
      command: 'alert rules create',
      args: ['failures', '--kind', 'run_failed', '--job', 'jobs.*', '--set', 'failures_in_row=2'],
      text: 'failures',
    },
    { command: 'alert rules list', text: 'run_failed' },
    {
      command: 'alert rules update',
      args: [
        'failures',
        '--name',
        'broken',
        '--remind',
        '4h',
        '--quiet-hours',
        'mon-fri 22:00-07:00 Europe/Berlin',
      ],
      text: 'broken',
    },
    { command: 'alert rules mute', args: ['broken', '--for', '2h'], text: 'broken' },
    { command: 'alert rules unmute', args: ['broken'], text: 'broken' },
    {
      command: 'alert rules delete',
      args: ['broken'],
      question: 'with its incidents?',
      unchanged: [['alert', 'rules', 'list'], 'broken'],
      text: 'broken',
    },
    { command: 'alert ack', args: [missing], code: 4, text: 'not_found' },
    { command: 'alert snooze', args: [missing, '--for', '1d'], code: 4, text: 'not_found' },
    { command: 'alert resolve', args: [missing], code: 4, text: 'not_found' },
    { command: 'alert mute', args: ['missing-job'], code: 4, text: 'missing-job' },
    { command: 'alert unmute', args: ['missing-job'], code: 4, text: 'missing-job' },
  ];
}

/** Alert channels. */
export function alertChannels(): Step[] {
  const url = 'https://127.0.0.1:9/services/walk';
  return [
    {
      command: 'alert channels create',
      args: ['hook', '--kind', 'webhook'],
      input: url,
      answers: [['URL', `${url}${enter}`]],
      text: 'whsec_',
    },
    { command: 'alert channels list', text: '127.0.0.1' },
    { command: 'alert channels update', args: ['hook', '--name', 'on-call'], text: 'on-call' },
    { command: 'alert channels replace-secret', args: ['on-call'], text: 'whsec_' },
    {
      command: 'alert channels test',
      args: ['on-call'],
      code: 5,
      text: 'address_not_allowed',
    },
    { command: 'alert channels deliveries', args: ['on-call'], text: /address_not_allowed|failed/ },
    {
      command: 'alert channels send-again',
      args: ['00000000-0000-4000-8000-000000000000'],
      code: 4,
      text: 'not_found',
    },
    {
      command: 'alert channels delete',
      args: ['on-call'],
      question: 'with its delivery log?',
      unchanged: [['alert', 'channels', 'list'], 'on-call'],
      text: 'on-call',
    },
  ];
}

/** Event subscriptions. */
export function events(): Step[] {
  const url = 'https://127.0.0.1:9/services/walk';
  return [
    {
      command: 'events create',
      args: ['catalog', '--type', 'pumphouse.job_run.*', '--tag', 'nightly'],
      input: url,
      answers: [['URL', `${url}${enter}`]],
      text: 'whsec_',
    },
    { command: 'events list', text: 'catalog' },
    { command: 'events update', args: ['catalog', '--name', 'warehouse', '--type', '*'], text: 'warehouse' },
    { command: 'events replace-secret', args: ['warehouse'], text: 'whsec_' },
    { command: 'events test', args: ['warehouse'], code: 5, text: 'address_not_allowed' },
    { command: 'events deliveries', args: ['warehouse'], text: /address_not_allowed|failed/ },
    {
      command: 'events show',
      args: ['00000000-0000-4000-8000-000000000000'],
      code: 4,
      text: 'not_found',
    },
    {
      command: 'events redeliver',
      args: ['00000000-0000-4000-8000-000000000000'],
      code: 4,
      text: 'not_found',
    },
    {
      command: 'events delete',
      args: ['warehouse'],
      question: 'with its delivery log?',
      unchanged: [['events', 'list'], 'warehouse'],
      text: 'warehouse',
    },
  ];
}
