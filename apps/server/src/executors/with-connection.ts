/**
 * Creates a function that runs an operation on a backend and converts its errors to the executor's.
 * @param convert gets the error and what failed, as a sentence without its end
 */
export function createWithConnection<Connection>(
  connect: () => Promise<Connection>,
  convert: (error: unknown, doing: string) => Error,
) {
  return async <Result>(
    doing: string,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> => {
    const connection = await connect();
    try {
      return await work(connection);
    } catch (error) {
      throw convert(error, doing);
    }
  };
}
