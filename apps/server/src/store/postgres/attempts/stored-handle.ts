/** An executor's handle of an attempt. */
export interface StoredHandle {
  executor: string;
  version: number;
  data: Record<string, unknown>;
}
