const settings = 'Settings of a server: their names are checked against the code.';
const machine =
  'Needs an engine, a cluster or an operating system; the tests of these lanes run the same steps.';
const contributor = 'Commands for work on the code, which CI runs.';

/** Pages in docs/ with shell blocks that no test pastes, and why. */
const unrunPages: Readonly<Record<string, string>> = {
  'docs/concepts/alert-channels.md': settings,
  'docs/concepts/local-data.md':
    'Needs a run that has left files: testing/e2e/client.test.ts lists, downloads, resets and restores them.',
  'docs/concepts/private-indexes.md':
    'Needs an index with a password: package-sources.machine.test.ts builds with such a declaration and these variables.',
  'docs/contribute/add-a-migration.md': contributor,
  'docs/contribute/add-a-page.md': contributor,
  'docs/contribute/add-a-route.md': contributor,
  'docs/contribute/add-a-trigger.md': contributor,
  'docs/contribute/add-an-executor.md': contributor,
  'docs/contribute/docs-site.md': contributor,
  'docs/contribute/schema-tests.md': contributor,
  'docs/operate/backup.md': 'Replaces a server: the tests in testing/e2e/backup run the same commands.',
  'docs/operate/clients.md':
    'Installs clients and signs in: testing/e2e/client.test.ts and older-client.release.test.ts do so.',
  'docs/operate/compose.md': machine,
  'docs/reference/building-on-the-api.md':
    'Key and build commands are checked by their declarations; client-package.release.test.ts runs the program.',
  'docs/operate/install.md': machine,
  'docs/operate/kubernetes-install.md': machine,
  'docs/operate/kubernetes.md': machine,
  'docs/operate/observability.md': machine,
  'docs/operate/openlineage.md': machine,
  'docs/operate/playground.md': machine,
  'docs/operate/process-executor.md': machine,
  'docs/operate/runner-images.md': machine,
  'docs/operate/s3.md': machine,
  'docs/operate/several-servers.md': machine,
  'docs/operate/workers.md': machine,
};

/** Pages of docs/ whose shell blocks are not all run. */
export function listUnrunPages(): string[] {
  return Object.keys(unrunPages);
}
