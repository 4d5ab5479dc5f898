// `npm run dev`: compiles on every edit and restarts the server, or all processes of `--topology FILE`; what they stand on stays up.
import { spawn } from 'node:child_process';

const children = [
  spawn('tsc', ['-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'], { stdio: 'inherit' }),
  spawn(
    process.execPath,
    [
      '--enable-source-maps',
      '--watch-path=dist/apps',
      '--watch-path=dist/libs',
      '--watch-path=dist/migrations',
      '--watch-preserve-output',
      'dist/apps/server/src/main.js',
      ...process.argv.slice(2),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, CLEAVE_DEV: '1' },
    },
  ),
];
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopping = true;
    for (const child of children) child.kill(signal);
  });
}
for (const child of children) {
  child.on('exit', (code) => {
    for (const other of children) if (other !== child) other.kill('SIGTERM');
    if (!stopping) process.exitCode = code ?? 1;
  });
}
