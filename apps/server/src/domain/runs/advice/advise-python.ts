/** Advice on exceptions of Python itself. */
import { runFailures } from '../run-failures.ts';
import { deployAgain, findRaised, raisedIn, readName, startAgain, type Advise } from './raised-error.ts';

/** The line itself is wrong, whatever the data are. */
const mistakesInCode = new Set([
  'NameError',
  'UnboundLocalError',
  'AttributeError',
  'TypeError',
  'ImportError',
  'SyntaxError',
  'IndentationError',
  'TabError',
  'RecursionError',
]);
/** The line got a value that it does not expect. */
const unexpectedValues = new Set([
  'KeyError',
  'IndexError',
  'ValueError',
  'ZeroDivisionError',
  'OverflowError',
  'AssertionError',
  'UnicodeDecodeError',
  'UnicodeEncodeError',
  'StopIteration',
]);

export const adviseOnPython: Advise = (error) =>
  adviseOnModule(error) ?? adviseOnResources(error) ?? adviseOnFiles(error) ?? adviseOnUserCode(error);

const adviseOnModule: Advise = (error) => {
  const message = findRaised(error, new Set(['ModuleNotFoundError']))?.message;
  if (message === undefined) return null;
  const module = readName(message, /^No module named '([^'.]+)/);
  if (module === null) return null;
  return `Add the package that has the module \`${module}\` to \`requirements.txt\` or \`pyproject.toml\`, ${deployAgain} If it is a file of yours, check that \`.gitignore\` does not exclude it.`;
};

const adviseOnResources: Advise = (error) => {
  if (findRaised(error, new Set(['MemoryError']))) return runFailures.out_of_memory.nextStep;
  return findRaised(error, new Set(['OSError']))?.message.startsWith('[Errno 28]')
    ? runFailures.disk_limit.nextStep
    : null;
};

const adviseOnFiles: Advise = ({ main }) => {
  if (main.type === 'subprocess.CalledProcessError')
    return `The program ended with an error: read what it printed in the log, ${startAgain}`;
  const name = readName(main.message, /: '([^']+)'$/);
  if (name === null) return null;
  const isProgram = raisedIn(main).endsWith('/subprocess.py');
  if (main.type === 'FileNotFoundError' && isProgram)
    return `The program \`${name}\` is not installed where runs work: use a package that contains it, or ask the operator to install it; ${startAgain}`;
  if (main.type === 'FileNotFoundError')
    return `Put \`${name}\` into the workspace folder, where relative paths begin, and check that \`.gitignore\` does not exclude it; ${deployAgain}`;
  return main.type === 'PermissionError' && !isProgram
    ? `A run may not use \`${name}\`: use a relative path, which begins in the workspace folder; ${deployAgain}`
    : null;
};

/** An exception that user code raises on purpose says itself what to do. */
const adviseOnUserCode: Advise = ({ main, isOfUserCode, userLine }) => {
  if (!isOfUserCode || userLine === null) return null;
  if (mistakesInCode.has(main.type)) return `Correct \`${userLine}\`, ${deployAgain}`;
  return unexpectedValues.has(main.type)
    ? `\`${userLine}\` does not handle a value that it got: correct the value or the code, ${deployAgain}`
    : null;
};
