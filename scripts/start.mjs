// `npm start`: builds what has changed and becomes the server, in one process; a signal to npm reaches it, too.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
if (process.env.npm_lifecycle_event === 'start') await import('./end-with-parent.mjs');
if (status !== 0) process.exit(status ?? 1);
await import('../dist/apps/server/src/main.js');
