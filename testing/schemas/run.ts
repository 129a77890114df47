import type { JsonObject } from '@pumphouse/contract';
import type { SchemaSite } from './schema-site.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSchemaSite } from './schema-site.ts';
import { preparePythonEnvironment } from '../fixtures/python-environment.ts';

/*
 * `npm run test:schemas`: schemathesis calls every operation of /openapi.json with valid and invalid inputs.
 * It checks that no response is a server error, and that each has a status, a content type and a body that
 * the document declares.
 */

const schemathesis = 'schemathesis==4.32.5';
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];
/** A pass that takes longer is stopped and counts as failed. The longest one took eight minutes on a busy machine. */
const maxPassMs = 1_200_000;
const unknownId = '99999999-9999-4999-8999-999999999999';

interface Document extends JsonObject {
  paths: Record<string, Record<string, Operation>>;
}

interface Operation extends JsonObject {
  operationId: string;
  'x-credential': string;
  parameters?: { name: string; in: string; schema: JsonObject }[];
}

interface Pass {
  name: string;
  /** Selects the operations that it calls. */
  takes: (operation: Operation) => boolean;
  bearer: string | null;
  /** Path ids that override those of the site. */
  ids?: Record<string, string>;
  examples: number;
  phases: string;
}

function listPasses(site: SchemaSite): Pass[] {
  const by = (credential: string) => (operation: Operation) => operation['x-credential'] === credential;
  const thorough = { phases: 'coverage,fuzzing', examples: 40 };
  return [
    {
      ...thorough,
      name: 'the operations of users, with a key of an owner',
      takes: by('user'),
      bearer: site.server.key,
    },
    {
      ...thorough,
      name: 'those of the data plane, with its token',
      takes: by('dataplane'),
      bearer: site.dataplaneToken,
    },
    ...site.uploads.map(({ kind, id, token }) => ({
      ...thorough,
      name: `the upload of a ${kind}`,
      takes: ({ operationId }: Operation) => operationId === `upload_${kind}`,
      bearer: token,
      ids: { [`${kind}_id`]: id },
    })),
    { ...thorough, name: 'those that ask for no credential', takes: by('none'), bearer: null },
    {
      name: 'everything else without a credential',
      takes: (operation) => operation['x-credential'] !== 'none',
      bearer: null,
      phases: 'fuzzing',
      examples: 5,
    },
  ];
}

/** The operations of a pass, with their paths filled with existing ids, and with an unknown one. */
function narrow(document: Document, { takes, ids = {} }: Pass, site: SchemaSite): Document | null {
  const paths: Document['paths'] = {};
  for (const [path, operations] of Object.entries(document.paths)) {
    const taken = Object.entries(operations).filter(([, operation]) => takes(operation));
    if (taken.length === 0) continue;
    paths[path] = Object.fromEntries(
      taken.map(([method, operation]) => [method, fill(operation, { ...site.ids, ...ids }, site)]),
    );
  }
  return Object.keys(paths).length === 0 ? null : { ...document, paths };
}

function fill(operation: Operation, ids: Record<string, string>, { spareIds }: SchemaSite): Operation {
  const values = { ...ids, ...spareIds[operation.operationId] };
  const parameters = operation.parameters?.map((parameter) => {
    const id = parameter.in === 'path' ? values[parameter.name] : undefined;
    return id === undefined ? parameter : { ...parameter, schema: { type: 'string', enum: [id, unknownId] } };
  });
  return { ...operation, ...(parameters && { parameters }) };
}

async function check(command: string, pass: Pass, document: Document, site: SchemaSite): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-schemas-'));
  const path = join(folder, 'openapi.json');
  await writeFile(path, JSON.stringify(document));
  const args = [
    'run',
    path,
    `--url=${site.server.url}`,
    `--checks=${checks.join(',')}`,
    `--phases=${pass.phases}`,
    `--max-examples=${pass.examples}`,
    `--seed=${seed}`,
    '--generation-database=none',
    '--suppress-health-check=all',
    '--warnings=off',
    '--request-timeout=20',
    '--continue-on-failure',
    '--no-color',
    ...(pass.bearer === null ? [] : [`--header=Authorization: Bearer ${pass.bearer}`]),
  ];
  process.stdout.write(`\n== ${pass.name}\n`);
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  const giveUp = setTimeout(() => {
    process.stdout.write(`Stopped after ${maxPassMs / 60_000} minutes.\n`);
    child.kill('SIGKILL');
  }, maxPassMs);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(giveUp);
  await rm(folder, { recursive: true, force: true });
  return code ?? 1;
}

const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 31));
process.stdout.write(`seed ${seed}; npm run test:schemas -- ${seed} repeats it\n`);
const environment = await preparePythonEnvironment('schemathesis', [schemathesis]);
const site = await createSchemaSite();
const failed: string[] = [];
try {
  const document = (await (await fetch(`${site.server.url}/openapi.json`)).json()) as Document;
  for (const pass of listPasses(site)) {
    const narrowed = narrow(document, pass, site);
    if (!narrowed) continue;
    const code = await check(join(environment, 'bin', 'schemathesis'), pass, narrowed, site);
    if (code !== 0) failed.push(pass.name);
  }
  const ownFailures = site.server
    .log()
    .split('\n')
    .filter((line) => line.includes('a request failed'));
  if (ownFailures.length > 0) failed.push('what the server logged');
  process.stdout.write(
    ownFailures
      .slice(0, 20)
      .map((line) => `${line}\n`)
      .join(''),
  );
} finally {
  await site.remove();
}
process.stdout.write(
  failed.length === 0 ? '\nAll answers are as declared.\n' : `\nFailed: ${failed.join('; ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
