import type { ExampleSite } from './example-site.ts';

/** Texts of an example, and what replaces them: ids and numbers that only this server has. */
export type Replacements = Readonly<Record<string, string>>;

/** What an example needs besides the page. */
export interface ExampleSetup {
  /** Runs before. Returns the texts that it replaces. */
  prepare?: (site: ExampleSite) => Promise<Replacements | void>;
  /** Shell code before it. */
  before?: string;
  /** Where it runs. Default: the workspace folder. */
  folder?: string;
  /** What the user types once a text is shown, with the texts that `prepare` replaces. */
  answers?: readonly (readonly [shown: string, keys: string])[];
  /** Ctrl-C ends it once this text is shown. */
  interruptAfter?: string;
  /** Exit codes. Default: 0. */
  codes?: readonly number[];
  /** What it prints. */
  shows?: RegExp;
  /** Why it is not run, and what runs it instead. */
  notRun?: string;
}

/** A page whose shell blocks are run, in order. */
export interface ExamplePage {
  /** Path from the root of the repository. */
  path: string;
  /** Runs before the first block. Returns texts to replace in all of them. */
  prepare?: (site: ExampleSite) => Promise<Replacements | void>;
  /** What blocks need, each by a text that only this block has. */
  setups: Readonly<Record<string, ExampleSetup>>;
}

/** The key that ends an answer. */
export const enter = '\r';
