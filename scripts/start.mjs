// `npm start`: builds what has changed and becomes the server, in one process, so that a signal to it reaches the server.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
await import('../dist/apps/server/src/main.js');
