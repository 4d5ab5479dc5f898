// `npm start`: builds what has changed and becomes the server, in one process, so that a signal to it reaches the server.
await import('./build.mjs');
await import('../dist/apps/server/src/main.js');
