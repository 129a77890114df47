import type { CallToolResult, ListToolsResult } from '@modelcontextprotocol/sdk/types.js';
import type { Tool, ToolContext } from './tool.ts';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { boundAnswer, countFitting } from './bounded-answer.ts';
import { refuseFields } from '../http/errors.ts';
import { requireStorableText } from '../http/storable-text.ts';
import { tools } from './tools.ts';
import { untrustedNote } from './tool.ts';

const instructions = `Pumphouse runs dlt pipelines. These tools read its jobs, runs, pipelines and datasets; they change nothing. Begin with list_workspaces; every other tool needs the id of one workspace. For a job that fails, call get_run with its last run, then compare_run_with_last_good and read_run_log. The field url of a response is a page of the console: show it to the user as a link. notes lists what a response leaves out. ${untrustedNote}`;

/** Converts an error to the API's format: its code, and the detail. */
export type DescribeError = (error: unknown) => object;

const byName = new Map(tools.map((tool) => [tool.name, tool]));

/** Computed once, because converting zod schemas to JSON schemas is slow. */
const listed = tools.map(describeTool);

/** Unused, but without it the SDK would create one for each server. */
const jsonSchemaValidator = new AjvJsonSchemaValidator();

/** Creates a stateless server for one request of one caller. */
export function createMcpServer(context: ToolContext, describeError: DescribeError): McpServer {
  const mcp = new McpServer(
    { name: 'pumphouse', title: 'Pumphouse', version: '0.1.0' },
    { capabilities: { tools: {} }, instructions, jsonSchemaValidator },
  );
  // Not `registerTool`: invalid input must be rejected with an error code of the API, not with the SDK's own
  // message.
  mcp.server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listed }));
  mcp.server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = byName.get(params.name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name}`);
    try {
      return await callTool(tool, params.arguments ?? {}, context);
    } catch (error) {
      return { isError: true, content: [{ type: 'text', text: JSON.stringify(describeError(error)) }] };
    }
  });
  return mcp;
}

function describeTool({ name, title, description, input, output }: Tool): ListToolsResult['tools'][number] {
  return {
    name,
    title,
    description,
    inputSchema: toJsonSchema(input),
    outputSchema: toJsonSchema(output),
    annotations: {
      title,
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false,
    },
  };
}

/**
 * Converts in input mode, also for responses, because properties with a default may be omitted from them.
 * Clients validate against draft 7. Patterns beside a format and the bounds of safe integers are dropped,
 * since they only add length.
 */
function toJsonSchema(schema: z.ZodObject) {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  // A schema can also be a boolean, which zod never creates for a property.
  const properties = Object.entries(json.properties ?? {}).flatMap(([name, property]) =>
    typeof property === 'object' ? [[name, property] as const] : [],
  );
  return { ...json, type: 'object' as const, properties: Object.fromEntries(properties) };
}

async function callTool(tool: Tool, given: unknown, context: ToolContext): Promise<CallToolResult> {
  requireStorableText('arguments', given);
  const parsed = tool.input.safeParse(given);
  if (!parsed.success) throw refuseFields('arguments', parsed.error);
  const { answer: whole, notes: ofPage } = await runTool(tool, parsed.data, context);
  const { answer, notes: ofCuts } = boundAnswer(whole, tool.rest);
  const notes = [...ofPage, ...ofCuts];
  const structuredContent = { ...answer, notes };
  return {
    structuredContent,
    // Also send the JSON as text: clients without structured content would otherwise get only one line.
    content: [
      { type: 'text', text: [tool.summarize(answer), ...notes].join(' ') },
      { type: 'text', text: JSON.stringify(structuredContent) },
    ],
  };
}

/**
 * If a page is too long, read it again with as many rows as fit, so that its cursor continues where the
 * response ends.
 */
async function runTool(tool: Tool, args: object, context: ToolContext) {
  let answer = await tool.run(args, context);
  const notes: string[] = [];
  if (!('cursor' in tool.input.shape)) return { answer, notes };
  for (let most = countCapacity(answer); most < rowsOf(answer).length; most = countCapacity(answer)) {
    answer = await tool.run({ ...args, limit: most }, context);
    notes[0] = `Only ${most} of the requested rows fit: continue with cursor = next_cursor. ${tool.rest}`;
  }
  return { answer, notes };
}

function rowsOf(answer: object): unknown[] {
  return 'items' in answer && Array.isArray(answer.items) ? answer.items : [];
}

/** A page has at least one row; otherwise its cursor would make no progress. */
function countCapacity(answer: object): number {
  return Math.max(1, countFitting(rowsOf(answer)));
}
