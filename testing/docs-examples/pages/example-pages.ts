import type { ExamplePage } from '../example.ts';
import { apiCalls } from './api-calls.ts';
import { commandReference } from './command-reference.ts';
import { otherPages } from './other-pages.ts';

/** The pages whose shell blocks are run. */
export const examplePages: readonly ExamplePage[] = [commandReference, ...apiCalls, ...otherPages];
