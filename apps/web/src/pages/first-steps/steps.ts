/** A command to type, and how one sees that it worked. */
export interface Step {
  title: string;
  commands: readonly string[];
  /** What is true once it worked. */
  done: string;
}

/** The four steps from nothing to a first run, with the address of this server and the name of the workspace. */
export function listSteps({
  serverUrl,
  workspaceName,
}: {
  serverUrl: string;
  workspaceName: string;
}): Step[] {
  return [
    {
      title: 'Install dlt and its client',
      commands: [`pip install 'dlthub-client>=0.28.7' 'dlt[duckdb]'`],
      done: 'Seen once you sign in with it',
    },
    {
      title: 'Point the client at this server, and sign in',
      commands: [`export RUNTIME__API_BASE_URL=${quoteForShell(serverUrl)}`, 'dlthub login'],
      done: 'A client is signed in as you',
    },
    {
      title: 'In the folder of your pipelines: make it this workspace',
      commands: [
        'mkdir -p .dlt && touch .dlt/.workspace',
        `dlthub workspace connect ${quoteForShell(workspaceName)}`,
      ],
      done: 'Code was deployed from a folder',
    },
    {
      title: 'Run a script: it is deployed, and its log follows in your terminal',
      commands: ['dlthub run pipeline.py -f'],
      done: 'The first run is here',
    },
  ];
}

/** As one word of a POSIX shell, quoted only where it has to be. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
