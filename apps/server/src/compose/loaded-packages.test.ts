import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { promisify } from 'node:util';

/** Prints the packages that a module loads, one a line. */
const listPackages = (moduleUrl: string) => `
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
      if (name) packages.add(name);
      return next(url, context);
    },
  });
  await import(${JSON.stringify(moduleUrl)});
  console.log([...packages].join('\\n'));
  process.exit(0);`;

it('leaves packages of features that most servers never use to their first use', async () => {
  const script = listPackages(new URL('../main.ts', import.meta.url).href);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const loaded = stdout.trim().split('\n');
  expect(loaded).toContain('fastify');
  expect(loaded).not.toContain('@modelcontextprotocol/sdk');
  expect(loaded).not.toContain('nodemailer');
  // prom-client needs its API.
  const ofOpenTelemetry = loaded.filter((name) => name.startsWith('@opentelemetry/'));
  expect(ofOpenTelemetry).toEqual(['@opentelemetry/api']);
  expect(loaded).not.toContain('@kubernetes/client-node');
  expect(loaded.filter((name) => name.startsWith('@aws-sdk/'))).toEqual([]);
});
