/** An example app: a file, and the command that serves it. */
export interface AppExample {
  title: string;
  /** Content of the file; null if users already have one. */
  file: { name: string; text: string } | null;
  command: string;
}

export const appExamples: readonly AppExample[] = [
  {
    title: 'An existing marimo notebook',
    file: null,
    command: 'dlthub serve notebook.py',
  },
  {
    title: 'A Streamlit dashboard',
    file: {
      name: 'dashboard.py',
      text: `import streamlit as st

st.title("Orders")
st.line_chart([3, 1, 4, 1, 5])`,
    },
    command: 'dlthub serve dashboard.py',
  },
  {
    title: 'An MCP server with FastMCP, for assistants',
    file: {
      name: 'tools.py',
      text: `from fastmcp import FastMCP

mcp = FastMCP("shop")

@mcp.tool
def count_orders() -> int:
    return 300`,
    },
    command: 'dlthub serve tools.py',
  },
];
