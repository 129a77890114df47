import process from 'node:process';
import { runCommand } from './program/run-command.ts';

process.exitCode = await runCommand(process.argv.slice(2), process);
