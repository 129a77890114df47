import { listStarterRequirements } from '@pumphouse/contract';

/** Commands to paste, and status texts for before and after they worked. */
export interface Step {
  title: string;
  commands: readonly string[];
  /** Shown until the step is done. */
  waiting: string;
  /** Shown when the step is done. */
  done: string;
}

interface Target {
  serverUrl: string;
  workspaceName: string;
  /** Whether the workspace does not exist yet: then the client creates it. */
  isNew: boolean;
}

/**
 * Script of the first run. It is a new file, so that pasting it never overwrites a script of the user. It
 * loads only as the main program, since the client imports the script to deploy it.
 */
const quickstartScript = `import dlt

people = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]

if __name__ == "__main__":
    pipeline = dlt.pipeline("quickstart", destination="duckdb")
    print(pipeline.run(people, table_name="people"))
`;

/**
 * The four steps from an empty folder to a first run. The server's URL goes into .dlt/config.toml: with an
 * environment variable, another terminal would send the user's credentials to the client's default server.
 */
export function listSteps({ serverUrl, workspaceName, isNew }: Target): Step[] {
  const requirements = listStarterRequirements('duckdb');
  return [
    {
      title: 'In a folder for your pipelines, install dlt and the client',
      commands: [
        'python3 -m venv .venv && . .venv/bin/activate',
        `pip install 'dlthub-client>=0.28.7' ${requirements.map(quoteForShell).join(' ')}`,
      ],
      waiting: 'Waiting for you to sign in with the client',
      done: 'The client is installed',
    },
    {
      title: 'Configure this server in the folder, and sign in',
      commands: [
        'mkdir -p .dlt && touch .dlt/.workspace',
        `printf '\\n[runtime]\\napi_base_url = "%s"\\n' ${quoteForShell(serverUrl)} >> .dlt/config.toml`,
        'dlthub login',
      ],
      waiting: 'Waiting for you to sign in with the client',
      done: 'A client is signed in as you',
    },
    {
      title: isNew ? 'Create a workspace' : 'Connect the folder to this workspace',
      commands: [`dlthub workspace connect ${quoteForShell(workspaceName)}${isNew ? ' --create' : ''}`],
      waiting: 'Waiting for the first deployment',
      done: 'Code was deployed from a folder',
    },
    {
      title: 'Run a script: the client deploys it and follows its log',
      commands: [
        `cat > quickstart.py <<'EOF'\n${quickstartScript}EOF`,
        `test -e requirements.txt || printf '%s\\n' ${requirements.map(quoteForShell).join(' ')} > requirements.txt`,
        'dlthub run quickstart.py -f',
      ],
      waiting: 'Waiting for the first run',
      done: 'The first run has arrived',
    },
  ];
}

/** Returns one word for a POSIX shell, quoted only if necessary. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
