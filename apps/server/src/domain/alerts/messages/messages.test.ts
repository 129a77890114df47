import type { AlertMessage } from '../alert-message.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { boundAlertMessage } from '../bound-alert-message.ts';
import { buildAlertMail } from './mail-text.ts';
import { buildPagerDutyEvent } from './pagerduty-event.ts';
import { buildSlackMessage } from './slack-message.ts';
import { buildTeamsMessage } from './teams-message.ts';
import { buildWebhookPayload } from './webhook-payload.ts';

const message: AlertMessage = {
  kind: 'opened',
  incidentId: '5f0c1a52-43f4-4c55-9c55-0a8d3c2c7d10',
  severity: 'critical',
  workspace: { id: '7c6a1d58-97e6-4b0e-8df1-2f8d1f0a1c22', name: 'Sales & <Marketing>' },
  title: "jobs.sales.load failed: KeyError: 'id'",
  details: ['Traceback (most recent call last):', "KeyError: 'id'"],
  facts: [{ label: 'Job', value: 'jobs.sales.load' }],
  links: [{ label: 'Open run', url: 'https://pump.example.com/w/1/runs/2' }],
  occurredAt: '2026-03-10T12:30:00.000Z',
};

/** Everything as long as it can be, and full of what user code may try. */
const hostile: AlertMessage = {
  ...message,
  kind: 'reminder',
  workspace: { id: message.workspace.id, name: `<!channel>${'&'.repeat(200)}` },
  title: `<!everyone> <https://evil.example.com|click> ${'<'.repeat(5000)}`,
  details: Array.from({ length: 50 }, () => `\`\`\` <@U1> @channel ${'&'.repeat(3000)}\r\n\0\u202E`),
  facts: Array.from({ length: 50 }, (_, index) => ({
    label: `*bold* ${index} ${'&'.repeat(500)}`,
    value: index % 2 === 0 ? '' : `[click](https://evil.example.com) ${'<'.repeat(3000)}\uD800`,
  })),
  links: [
    { label: '', url: 'https://pump.example.com/1' },
    { label: 'x', url: 'javascript:alert(1)' },
    { label: 'x', url: `https://example.com/${'x'.repeat(5000)}` },
    ...Array.from({ length: 20 }, () => ({ label: 'L'.repeat(500), url: 'https://pump.example.com/2' })),
  ],
};

const kinds = ['opened', 'reminder', 'acknowledged', 'resolved', 'test'] as const;
const messages: [string, AlertMessage][] = [
  ...kinds.map((kind): [string, AlertMessage] => [kind, { ...message, kind }]),
  ['a bare message', { ...message, details: [], facts: [], links: [] }],
  ['a hostile message', boundAlertMessage(hostile)],
];

const plain = (max: number) =>
  z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
const markup = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max) });

/** The published limits of Block Kit. */
const slackBody = z.strictObject({
  text: z.string().min(1).max(40_000),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('header'), text: plain(150) }),
        z.strictObject({ type: z.literal('context'), elements: z.array(markup(3000)).min(1).max(10) }),
        z.strictObject({
          type: z.literal('section'),
          text: markup(3000).optional(),
          fields: z.array(markup(2000)).min(1).max(10).optional(),
        }),
        z.strictObject({
          type: z.literal('actions'),
          elements: z
            .array(
              z.strictObject({
                type: z.literal('button'),
                text: plain(75),
                url: z.url().max(3000),
                action_id: z.string().max(255),
                style: z.enum(['primary', 'danger']).optional(),
              }),
            )
            .min(1)
            .max(25),
        }),
      ]),
    )
    .min(1)
    .max(50),
});

/** Elements of Adaptive Cards 1.4 that the messages use. */
const teamsBody = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
          type: z.literal('AdaptiveCard'),
          version: z.literal('1.4'),
          msteams: z.strictObject({ width: z.literal('Full') }),
          body: z.array(
            z.discriminatedUnion('type', [
              z.strictObject({
                type: z.literal('TextBlock'),
                text: z.string().min(1),
                wrap: z.boolean(),
                size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(),
                weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
                color: z
                  .enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention'])
                  .optional(),
                fontType: z.enum(['Default', 'Monospace']).optional(),
              }),
              z.strictObject({
                type: z.literal('FactSet'),
                facts: z.array(z.strictObject({ title: z.string().min(1), value: z.string() })).min(1),
              }),
            ]),
          ),
          actions: z
            .array(
              z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: z.url() }),
            )
            .min(1)
            .max(6)
            .optional(),
        }),
      }),
    )
    .length(1),
});

const eventKey = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };
/** The Events API v2 of PagerDuty. */
const pagerDutyBody = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...eventKey,
    event_action: z.literal('trigger'),
    client: z.string(),
    client_url: z.url().optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
      custom_details: z.record(z.string(), z.string()),
    }),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
  }),
  z.strictObject({ ...eventKey, event_action: z.enum(['acknowledge', 'resolve']) }),
]);

const key = { routingKey: 'f'.repeat(32), eventId: '0b9c2f0e-8a3f-4f0f-9a53-2f4b1f6f3d11' };

describe.each(messages)('%s', (_, each) => {
  it('fits the limits of Slack, and mentions nobody', () => {
    const body = slackBody.parse(buildSlackMessage(each));
    const parsed = [body.text];
    JSON.stringify(body, (name: string, value: unknown) => {
      if (name === 'text' && typeof value === 'string') return value;
      const { type, text } = (value ?? {}) as { type?: string; text?: unknown };
      if (type === 'mrkdwn' && typeof text === 'string') parsed.push(text);
      return value;
    });
    expect(parsed.length).toBeGreaterThan(1);
    // The only markup is the date, which the server writes. Slack does not parse plain texts.
    const date = /<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d:.TZ-]+>/g;
    expect(parsed.filter((text) => text.replaceAll(date, '').includes('<'))).toEqual([]);
  });

  it('fits the schema and the size of an Adaptive Card in Teams', () => {
    const body = buildTeamsMessage(each);
    teamsBody.parse(body);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(28 * 1024);
    expect(JSON.stringify(body)).not.toContain('[click](');
  });

  it('fits the Events API of PagerDuty', () => {
    const body = buildPagerDutyEvent(each, key);
    pagerDutyBody.parse(body);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(512 * 1024);
  });

  it('is one subject and a text as a mail', () => {
    const { subject, text } = buildAlertMail(each);
    expect(subject).not.toMatch(/[\r\n]/);
    expect(subject.length).toBeLessThan(400);
    expect(text).toContain(each.occurredAt);
  });

  it('is versioned as the body of a webhook', () => {
    expect(buildWebhookPayload(each, 'd1')).toMatchObject({
      type: `alert.${each.kind}`,
      version: 1,
      data: { delivery_id: 'd1', incident_id: each.incidentId, title: each.title },
    });
  });
});

it('only links that browsers open are kept, and no more than channels show', () => {
  const { links } = boundAlertMessage(hostile);
  expect(links).toHaveLength(8);
  expect(links.every(({ url }) => url.startsWith('https://pump.example.com/'))).toBe(true);
});
