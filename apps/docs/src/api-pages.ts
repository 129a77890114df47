import {
  asObject,
  emitOpenApi,
  permissions,
  requirements,
  routes,
  type JsonObject,
  type Permission,
  type Requirement,
  type Route,
  type Surface,
} from '@pumphouse/contract';
import { describeType, listFields } from './api-schema-rows.ts';

/** A generated page: its path in the site, and its Markdown. */
export interface GeneratedPage {
  path: string;
  text: string;
}

const surfaces: Readonly<Record<Surface, { title: string; about: string }>> = {
  api: {
    title: 'API: workspaces, jobs, runs',
    about: 'Organizations, workspaces, versions, jobs and job runs, as the official client calls them.',
  },
  auth: { title: 'API: sign-in', about: 'Sign-in of clients and the account of the caller.' },
  dataplane: {
    title: 'API: uploads and variables',
    about: 'Uploads of code and configuration, and variables.',
  },
  logs: { title: 'API: logs', about: 'Log lines of runs.' },
  telemetry: { title: 'API: telemetry', about: 'What pipelines loaded.' },
  pumphouse: {
    title: 'API: Pumphouse',
    about:
      'Operations that the official client does not know; the console and the `pumphouse` command use them.',
  },
};

/** Writes a page for each tag of the OpenAPI document. */
export function writeApiPages(): GeneratedPage[] {
  const document = emitOpenApi();
  const table: readonly Route[] = routes;
  return Object.entries(surfaces).map(([surface, { title, about }]) => {
    const topics = Map.groupBy(
      table.filter((route) => route.surface === surface),
      ({ permission }) => topicOf(permission),
    );
    const sections = [...topics]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .flatMap(([topic, own]) => [`## ${topic}`, ...own.map((route) => describeOperation(route, document))]);
    const text = [
      `# ${title}`,
      about,
      'All operations take JSON. [The API](../api.md) says how to call them.',
      ...sections,
    ];
    return { path: `reference/api/${surface}.md`, text: `${text.join('\n\n')}\n` };
  });
}

/** Writes the page of the events that the server sends to subscriptions. */
export function writeEventsPage(): GeneratedPage {
  const { webhooks, components } = emitOpenApi();
  const sections = Object.entries(webhooks).flatMap(([type, { post }]) => [
    `## \`${type}\``,
    String(post['summary']),
    ...describeBody('Body', post['requestBody'], components.schemas),
  ]);
  const text = [
    '# API: events',
    'Requests that the server sends to event subscriptions, by event type. [Events](../../concepts/events.md) says how they are delivered.',
    ...sections,
  ];
  return { path: 'reference/api/events.md', text: `${text.join('\n\n')}\n` };
}

/** `workspace-cost.read` is about workspace cost. */
function topicOf(permission: Permission): string {
  const [subject = ''] = permission.split('.');
  const words = subject.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

type Document = ReturnType<typeof emitOpenApi>;

function describeOperation(route: Route, { paths, components: { schemas } }: Document): string {
  const operation = paths[route.path]?.[route.method.toLowerCase()] ?? {};
  const parts = [
    `### \`${route.operationId}\``,
    `\`${route.method} ${route.path}\``,
    `${permissions[route.permission]}. Requires ${describeRequirement(route)}.`,
    ...describeParameters(operation, schemas),
    ...describeBody('Body', operation['requestBody'], schemas),
    ...describeResponses(operation, schemas),
    `Errors: ${[...route.errors, 'others'].join(', ')} ([all codes](../../operate/errors.md)).`,
  ];
  return parts.join('\n\n');
}

const credentials = {
  none: 'no credential',
  user: '',
  dataplane: 'the token from `issue_dataplane_token_workspace`',
  upload: 'the token of an upload',
} as const;

function describeRequirement({ permission, credential }: Route): string {
  if (credential !== 'user') return credentials[credential];
  return `permission \`${permission}\`: ${describeCaller(requirements[permission])}`;
}

function describeCaller(requirement: Requirement): string {
  if (requirement.scope === 'none') return 'everyone';
  if (requirement.scope === 'account') return 'any signed-in caller';
  if (requirement.scope === 'installation') return 'an owner of the installation';
  return `at least ${requirement.role} of the ${requirement.scope}`;
}

function describeParameters(operation: JsonObject, schemas: Record<string, JsonObject>): string[] {
  const parameters = Array.isArray(operation['parameters']) ? operation['parameters'].map(asObject) : [];
  if (parameters.length === 0) return [];
  return [
    formatTable(
      ['parameter', 'in', 'type'],
      parameters.map(({ name, in: location, required, schema }) => [
        `\`${String(name)}\`${required === true ? '' : ' (optional)'}`,
        String(location),
        describeType(asObject(schema), schemas),
      ]),
    ),
  ];
}

function describeResponses(operation: JsonObject, schemas: Record<string, JsonObject>): string[] {
  return Object.entries(asObject(operation['responses'] ?? {}))
    .filter(([status]) => /^2\d\d$/.test(status))
    .flatMap(([status, response]) => {
      const described = describeBody(`Response ${status}`, response, schemas);
      return described.length > 0 ? described : [`**Response ${status}**: no content`];
    });
}

function describeBody(title: string, body: unknown, schemas: Record<string, JsonObject>): string[] {
  const content = Object.entries(asObject(asObject(body ?? {})['content'] ?? {}));
  return content.flatMap(([contentType, media]) => {
    const schema = asObject(asObject(media)['schema'] ?? {});
    const rows = listFields(schema, schemas).map(({ name, type, isRequired }) => [
      `\`${name}\`${isRequired ? '' : ' (optional)'}`,
      type,
    ]);
    const kind = contentType === 'application/json' ? '' : ` (\`${contentType}\`)`;
    if (rows.length === 0) return [`**${title}**${kind}: ${escapeCell(describeType(schema, schemas))}`];
    return [`**${title}**${kind}`, formatTable(['field', 'type'], rows)];
  });
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text
    .replaceAll('|', String.raw`\|`)
    .replaceAll('<', '&lt;')
    .replaceAll('{{', '{ {');
}
