/** What a run gets for dlt's destination `playground`. */
export interface PlaygroundGrant {
  variables: Record<string, string>;
  /** Values that must not appear in logs. */
  maskedValues: string[];
}

/** A destination that the server configures in runs, with storage of their workspace. */
export interface Playground {
  /**
   * Grants a run access to the storage of its workspace; null if the workspace has none.
   * @throws PlaygroundError
   */
  grant(run: { workspaceId: string; profile: string }): Promise<PlaygroundGrant | null>;
  /**
   * Checks that workspaces cannot read each other's storage.
   * @throws PlaygroundError
   */
  check(): Promise<void>;
}

/** Runs cannot use the playground now. The message says what to do, and contains no credential. */
export class PlaygroundError extends Error {
  override name = 'PlaygroundError';
  readonly code: 'playground_unavailable' | 'playground_access_denied' | 'playground_not_isolated';

  constructor(code: PlaygroundError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const prefix = 'DESTINATION__PLAYGROUND__';

/** The variables that configure a named destination of dlt as files below a URL. */
export function describeDestination(
  bucketUrl: string,
  credentials: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const inner = Object.entries(credentials).map(([name, value]) => [`${prefix}CREDENTIALS__${name}`, value]);
  return {
    [`${prefix}DESTINATION_TYPE`]: 'filesystem',
    [`${prefix}BUCKET_URL`]: bucketUrl,
    ...Object.fromEntries(inner),
  };
}

/** Profiles whose runs only read: dashboards and notebooks. */
export const isReadingProfile = (profile: string): boolean => profile === 'access';

/**
 * Creates a playground in the local data of the workspace and profile, which no other workspace sees. dlt reads
 * a relative URL below that folder.
 */
export function createLocalPlayground(): Playground {
  return {
    grant: async () => ({ variables: describeDestination('playground'), maskedValues: [] }),
    check: async () => undefined,
  };
}
