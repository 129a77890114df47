/** Advice on servers that do not answer, or answer with an error. */
import {
  findRaised,
  nameSystem,
  readName,
  startAgain,
  type Advise,
  type RaisedError,
} from './raised-error.ts';

const databaseDrivers =
  /^(psycopg2?|pymysql|pyodbc|sqlalchemy\.exc|oracledb)\b.*(OperationalError|InterfaceError)$/;

export const adviseOnConnections: Advise = (error) =>
  adviseOnProxy(error) ??
  adviseOnName(error) ??
  adviseOnRefusal(error) ??
  adviseOnTls(error) ??
  adviseOnSilence(error) ??
  adviseOnEnd(error) ??
  adviseOnSignIn(error) ??
  adviseOnStatus(error) ??
  adviseOnAddress(error);

const adviseOnProxy: Advise = (error) =>
  findRaised(error, /^(requests|urllib3|httpx)\..*ProxyError$/)
    ? `The proxy did not accept the connection: correct the variables \`HTTP_PROXY\` and \`HTTPS_PROXY\`, or name the server in \`NO_PROXY\`; ${startAgain}`
    : null;

const adviseOnName: Advise = (error) => {
  const isUnknown =
    findRaised(error, new Set(['socket.gaierror', 'urllib3.exceptions.NameResolutionError'])) ??
    databaseError(error, /^could not translate host name|failed to resolve host/);
  if (!isUnknown) return null;
  const host = firstName(error, [/host='([^']+)'/, /host name "([^"]+)"/, /resolve host '([^']+)'/]);
  const named = host === null ? '' : ` \`${host}\``;
  return `No DNS server of the runs knows the host${named}: correct the address of the ${nameSystem(error)} in the configuration or the variables; ${startAgain}`;
};

const adviseOnRefusal: Advise = (error) => {
  const isRefused =
    findRaised(error, new Set(['ConnectionRefusedError'])) ?? databaseError(error, /Connection refused/);
  if (!isRefused) return null;
  const system = nameSystem(error);
  const host = firstName(error, [/host='([^']+)'/, /server at "([^"]+)"/, /connect to server on '([^']+)'/]);
  const port = firstName(error, [/port[= ](\d{1,5})\b/]);
  const address =
    host === null ? 'its address' : `\`${[host, port].filter((part) => part !== null).join(':')}\``;
  if (host !== null && /^(localhost|127\..*|::1)$/.test(host)) {
    return `In a run, \`${host}\` is the run itself, and nothing listens on ${address}. Use an address of the ${system} that runs can reach, or ask the operator to let them reach the port (\`PUMPHOUSE_RUNS_LOOPBACK_PORTS\`); ${startAgain}`;
  }
  return `The ${system} refused the connection: check that it listens on ${address} and that runs may connect to it; ${startAgain}`;
};

const adviseOnTls: Advise = (error) => {
  if (findRaised(error, new Set(['ssl.SSLCertVerificationError']))) {
    return `The certificate of the ${nameSystem(error)} is not trusted: correct its address, or add the CA with the variable \`SSL_CERT_FILE\` or \`REQUESTS_CA_BUNDLE\`; ${startAgain}`;
  }
  return findRaised(error, /^(ssl|urllib3\.exceptions|requests\.exceptions)\.SSLError$/)
    ? `TLS failed: check whether the ${nameSystem(error)} uses TLS on this port, and correct \`https://\` or the port in its address; ${startAgain}`
    : null;
};

const adviseOnSilence: Advise = (error) => {
  const silent = new Set([
    'requests.exceptions.ReadTimeout',
    'requests.exceptions.ConnectTimeout',
    'httpx.ReadTimeout',
    'httpx.ConnectTimeout',
  ]);
  // Those of sockets have this message; those of tasks and threads have another one or none.
  const ofSocket = findRaised(error, new Set(['TimeoutError', 'socket.timeout']))?.message.includes(
    'timed out',
  );
  return ofSocket === true || (findRaised(error, silent) ?? databaseError(error, /timeout expired|timed out/))
    ? `The ${nameSystem(error)} did not answer in time: check that it is up and that runs can reach it, or set a longer timeout; ${startAgain}`
    : null;
};

const adviseOnEnd: Advise = (error) => {
  const ended = new Set([
    'http.client.RemoteDisconnected',
    'http.client.IncompleteRead',
    'ConnectionResetError',
    'requests.exceptions.ChunkedEncodingError',
  ]);
  return (findRaised(error, ended) ??
    databaseError(
      error,
      /server closed the connection|connection already closed|SSL connection has been closed/,
    ))
    ? `The ${nameSystem(error)} closed the connection: start the job again; if it happens again, read the log of the ${nameSystem(error)}.`
    : null;
};

/** Postgres has codes for these, but no exception of a failed connection contains them. */
const adviseOnSignIn: Advise = (error) => {
  const system = nameSystem(error);
  const correct = (what: string) =>
    `Correct the ${what} of the ${system} in the variables or \`.dlt/secrets.toml\`; ${startAgain}`;
  if (
    databaseError(
      error,
      /(password|peer|ident) authentication failed|Access denied for user|no password supplied/i,
    )
  )
    return correct('user or the password');
  if (databaseError(error, /FATAL: {1,2}role ".{1,100}" does not exist/)) return correct('user');
  if (databaseError(error, /FATAL: {1,2}database ".{1,100}" does not exist/))
    return correct('name of the database');
  return databaseError(error, /FATAL: {1,2}(sorry, )?too many (connections|clients)/)
    ? `The ${system} has too many connections: let fewer jobs run at the same time, or raise its limit; ${startAgain}`
    : null;
};

const adviseOnStatus: Advise = (error) => {
  const answered = findRaised(
    error,
    /^(requests\.exceptions|httpx|urllib\.error)\.(HTTPError|HTTPStatusError)$/,
  );
  const status = Number(readName(answered?.message ?? '', /^(?:HTTP Error |.{0,20}?['"]?)(\d{3})\b/));
  const system = nameSystem(error);
  if (status >= 500)
    return `The ${system} failed with ${status}: start the job again later, or ask who operates it.`;
  if (status === 401)
    return `The ${system} does not accept the credentials: correct them (\`pumphouse variable set NAME --secret\`); ${startAgain}`;
  if (status === 403)
    return `The credentials do not allow this request: give them access to what the ${system} is asked for; ${startAgain}`;
  if (status === 404 || status === 410)
    return `Correct the address of the request, which the ${system} does not have; ${startAgain}`;
  if (status === 429)
    return `The ${system} limits the requests: ask it less often or for more rows at once, and start the job again later.`;
  return status >= 400
    ? `Correct the request, which the ${system} refused with ${status}; ${startAgain}`
    : null;
};

const adviseOnAddress: Advise = (error) => {
  if (findRaised(error, /^requests\.exceptions\.(MissingSchema|InvalidSchema|InvalidURL)$/))
    return `Correct the address of the request: it begins with \`https://\` or \`http://\`; ${startAgain}`;
  if (findRaised(error, new Set(['requests.exceptions.TooManyRedirects'])))
    return `Correct the address of the request, which the server redirects without end; ${startAgain}`;
  return findRaised(error, new Set(['requests.exceptions.JSONDecodeError']))
    ? `The server did not answer with JSON: print what it answers, and check the address and the credentials of the request; ${startAgain}`
    : null;
};

function databaseError(error: RaisedError, message: RegExp) {
  const raised = findRaised(error, databaseDrivers);
  return raised && message.test(raised.message) ? raised : undefined;
}

function firstName({ chain }: RaisedError, patterns: readonly RegExp[]): string | null {
  for (const { message } of chain) {
    for (const pattern of patterns) {
      const name = readName(message, pattern);
      if (name !== null) return name;
    }
  }
  return null;
}
