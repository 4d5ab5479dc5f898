#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The system's Node may be older than the project's: the command runs on the one in node_modules.
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const main = join(root, 'dist/apps/cli/src/main.js');
if (!existsSync(main)) {
  console.error('cleave is not built yet: npm run build');
  process.exit(1);
}
const own = join(root, 'node_modules/node/bin/node');
const child = spawn(
  existsSync(own) ? own : process.execPath,
  ['--enable-source-maps', main, ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
