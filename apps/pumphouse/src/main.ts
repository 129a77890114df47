#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import process from 'node:process';

// Compiled code is kept between commands: parsing the bundle takes most of the start.
enableCompileCache();
const { runCommand } = await import('./program/run-command.ts');
process.exitCode = await runCommand(process.argv.slice(2), process);
