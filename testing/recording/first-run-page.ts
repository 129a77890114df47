import { join } from 'node:path';
import { repositoryFolder } from '../fixtures/server.ts';
import { readScreenText, type Cast } from './cast.ts';

const referenceFolder = join(repositoryFolder, 'docs', 'reference');
export const firstRunCastPath = join(referenceFolder, 'first-run.cast');
export const firstRunPagePath = join(referenceFolder, 'first-run.md');
/** The server of the recording has another port; readers know this one from the other pages. */
export const shownServerUrl = 'http://127.0.0.1:8080';

/** Writes the page that shows the text of the recording. */
export function writeFirstRunPage(cast: Cast): string {
  return `# A first run

<!-- Written by npm run docs:cast from a real session. -->

From an empty folder to the first green run, on a machine with Node 22.12 and nothing else: no Python and no git. The server imports the
code, builds the environment of the run and runs it.

[first-run.cast](first-run.cast) is a recording of this session. Play it with [asciinema](https://docs.asciinema.org/manual/cli/):
\`asciinema play docs/reference/first-run.cast\`. The typing is simulated, and waits are shortened to 1.5 seconds. Next:
[all commands](cli.md).

\`\`\`text
${readScreenText(cast.events)
  .replace(/\$\s*$/, '')
  .trim()}
\`\`\`
`;
}
